/** Sereno, the bare clients of its stores, and the JDK's lock, as peers of the benchmarks. */
@NullMarked
package io.sereno.benchmarks.systems;

import org.jspecify.annotations.NullMarked;
