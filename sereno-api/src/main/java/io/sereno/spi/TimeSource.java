package io.sereno.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * The source of all time in Sereno, so that tests can control it.
 *
 * <p>No method blocks. Instances are safe for use by multiple threads.
 */
public interface TimeSource {
    /**
     * A clock that never goes back, for measuring: only the difference of two readings has a meaning. Leases and
     * timeouts are measured by it.
     *
     * @return nanoseconds, as {@link System#nanoTime()}; compare readings by their difference
     */
    long nanoTime();

    /**
     * The time of day. For ids, the age of messages and "since when"; it never decides who holds a right.
     *
     * @return the current time, by this machine's clock
     */
    Instant wall();

    /**
     * Runs a task once, later: never before the delay has passed by {@link #nanoTime()}, and outside locks.
     *
     * @param delay how long to wait; zero or less means as soon as possible, but not within this call
     * @param executor runs the task; an exception of the task, or a refusal by the executor, is logged. With
     *     {@code Runnable::run} the task runs in the thread of this clock, and has to be short and must not block: all
     *     other timers wait for it
     * @param task what to run
     * @return cancels the task if it has not begun; may be called often, and from any thread
     */
    Runnable schedule(Duration delay, Executor executor, Runnable task);
}
