/** Sereno with the meters of Micrometer. */
@NullMarked
package io.sereno.benchmarks.micrometer;

import org.jspecify.annotations.NullMarked;
