/**
 * Measures Sereno beside other libraries. {@code Benchmarks} starts a server of a store and a process for each system (package {@code
 * worker}); the rows are in {@code Rows}, the systems in {@code Systems}.
 */
@NullMarked
package io.sereno.benchmarks;

import org.jspecify.annotations.NullMarked;
