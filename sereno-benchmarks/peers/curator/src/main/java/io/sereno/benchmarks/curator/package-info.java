/** Curator as a peer of the benchmarks. */
@NullMarked
package io.sereno.benchmarks.curator;

import org.jspecify.annotations.NullMarked;
