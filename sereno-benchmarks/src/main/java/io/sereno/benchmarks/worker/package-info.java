/**
 * The measured process: {@code Worker} takes commands from the driver and runs one workload on one system. The workloads are written once,
 * over {@code Peer}. Uses the JDK and HdrHistogram only, since the class path is the system's own.
 */
@NullMarked
package io.sereno.benchmarks.worker;

import org.jspecify.annotations.NullMarked;
