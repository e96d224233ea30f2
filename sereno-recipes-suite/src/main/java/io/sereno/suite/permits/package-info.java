/** Rules about the permit pool. */
@NullMarked
package io.sereno.suite.permits;

import org.jspecify.annotations.NullMarked;
