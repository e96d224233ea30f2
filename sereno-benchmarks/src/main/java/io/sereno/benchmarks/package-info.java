/** Measures Sereno and its alternatives in one run on one machine. */
@NullMarked
package io.sereno.benchmarks;

import org.jspecify.annotations.NullMarked;
