/** jetcd as a peer of the benchmarks. */
@NullMarked
package io.sereno.benchmarks.jetcd;

import org.jspecify.annotations.NullMarked;
