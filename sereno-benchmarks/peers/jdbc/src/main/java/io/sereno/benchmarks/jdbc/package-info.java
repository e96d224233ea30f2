/** Locks over JDBC, of Spring Integration and of ShedLock, as peers of the benchmarks. */
@NullMarked
package io.sereno.benchmarks.jdbc;

import org.jspecify.annotations.NullMarked;
