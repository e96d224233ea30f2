/** Redisson as a peer of the benchmarks. */
@NullMarked
package io.sereno.benchmarks.redisson;

import org.jspecify.annotations.NullMarked;
