/** Clocks and executors of a run. */
@NullMarked
package io.sereno.tck.time;

import org.jspecify.annotations.NullMarked;
