/** Measures Sereno against what it is compared with, in one run on one machine. */
@NullMarked
package io.sereno.benchmarks;

import org.jspecify.annotations.NullMarked;
