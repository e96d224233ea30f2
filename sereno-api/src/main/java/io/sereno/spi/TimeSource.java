package io.sereno.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * All time in Sereno, so that tests can turn it by hand.
 *
 * <p>No method blocks. Instances are safe for use by multiple threads.
 */
public interface TimeSource {
    /**
     * A clock that never goes back, for measuring: only the difference of two readings means something. By it leases
     * are believed and timeouts end.
     *
     * @return nanoseconds, as {@link System#nanoTime()}; compare readings by their difference
     */
    long nanoTime();

    /**
     * The time of day. For ids, the age of messages and "since when"; it decides nothing about who holds what.
     *
     * @return now, as this machine has it
     */
    Instant wall();

    /**
     * Runs a task once, later: never before the delay has passed by {@link #nanoTime()}, and outside locks.
     *
     * @param delay how long to wait; zero or less is as soon as possible, but not within this call
     * @param executor runs the task; what it throws is logged, as is its refusal
     * @param task what to run
     * @return cancels the task if it has not begun; may be called often, and from any thread
     */
    Runnable schedule(Duration delay, Executor executor, Runnable task);
}
