/** The report of a run. */
@NullMarked
package io.sereno.tck.report;

import org.jspecify.annotations.NullMarked;
