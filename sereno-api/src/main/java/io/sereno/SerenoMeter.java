package io.sereno;

import java.util.function.LongSupplier;

/**
 * Counts and times what a client does, for metrics. Bind it to the meters of a monitoring system.
 *
 * <pre>{@code
 * LongAdder held = new LongAdder();
 * SerenoMeter meter = new SerenoMeter() {
 *     @Override
 *     public void granted(String recipe, String name, long waitNanos) {
 *         held.increment();
 *     }
 *
 *     @Override
 *     public void released(String recipe, String name, long holdNanos) {
 *         held.decrement();
 *     }
 *
 *     @Override
 *     public void lost(String recipe, String name, LossCause cause, long holdNanos) {
 *         held.decrement();
 *     }
 * };
 * }</pre>
 *
 * <p><b>A meter or an observer.</b> A meter receives everything, and never misses an event. It is called synchronously,
 * in the thread in which the event happens, often a thread of the store's client library. So its methods must return at
 * once: a method that blocks holds up the recipe that calls it. A {@link SerenoObserver} receives only rare events, in
 * a thread where it may block, and misses events when it is too slow.
 *
 * <p><b>Names.</b> A meter receives every name, and an application may use any number of them. A meter that keeps one
 * series for each name has to limit their number. It may map several names to one series: every method reports an event
 * or a change, never a total, so the sum over the names of a series is right. These sums are:
 *
 * <ul>
 *   <li>the number of waiters: one more with {@link #waiting}, one less with {@link #granted} or {@link #gaveUp};
 *   <li>the number of held rights: one more with {@link #granted}, one less with {@link #released} or {@link #lost}.
 *       For the recipe {@code election} that is the number of elections that this client leads;
 *   <li>the number of messages that the readers of a topic have not had yet: the sum of all {@link #topicLag}.
 * </ul>
 *
 * <p><b>Guarantees.</b> Every {@code waiting} is followed by exactly one {@code granted} or {@code gaveUp}, and every
 * {@code granted} by exactly one {@code released} or {@code lost}, in this order. After {@link Sereno#close()} the sums
 * return to zero.
 *
 * <p><b>Not guaranteed.</b> That methods are called one after another: several threads call a meter at the same time,
 * so it has to be safe for use by multiple threads. An exception from a method is logged once for a series of equal
 * exceptions, and ignored.
 *
 * <p>Times are nanoseconds of the client's monotonic clock, never negative. Without a meter, no clock is read for these
 * times.
 */
public interface SerenoMeter {
    /** The kinds of requests to a store. */
    enum Operation {
        /** Reads entries of a directory, or lists directories for an operator. */
        READ,
        /** Changes a directory, or checks a condition in it. */
        COMMIT,
        /** Grants a lease. */
        GRANT_LEASE,
        /** Renews a lease. */
        RENEW_LEASE,
        /** Revokes a lease. */
        REVOKE_LEASE,
        /** Opens a watch. */
        WATCH
    }

    /** How a request ended. */
    enum Outcome {
        /** It succeeded. */
        OK,
        /** A condition of the commit did not hold, so the commit changed nothing. */
        CONFLICT,
        /** The lease had ended, so nothing was changed. */
        LEASE_DEAD,
        /** It failed, and certainly changed nothing. */
        NOT_APPLIED,
        /** It failed or was not answered in time, and may have changed something. */
        UNKNOWN
    }

    /** Why a wait ended without a grant. */
    enum NotGranted {
        /**
         * Others held the right or waited in front of the caller until its time was over, or the store was too slow to say.
         */
        BUSY,
        /** The store refused, or was not reached within the caller's time. */
        FAILED,
        /** The caller was interrupted, or the candidate was closed. */
        WITHDRAWN,
        /** The {@link Sereno} was closed. */
        CLOSED
    }

    /**
     * The client is connected. Called once, before any other method.
     *
     * @param backend the kind of store, as {@link io.sereno.spi.Guarantees#backend()}
     * @param sessionRemainingNanos how long the client will treat its session as live without another renewal; 0 while
     *     there is no session. May be called at any time and in any thread; it reads a clock, and does no I/O
     */
    default void connected(String backend, LongSupplier sessionRemainingNanos) {}

    /**
     * A request to the store ended. Every request counts once, including those of sessions and other work in the
     * background.
     *
     * @param operation the kind of the request
     * @param outcome how it ended
     * @param nanos the time from the call of the backend to its answer
     */
    default void request(Operation operation, Outcome outcome, long nanos) {}

    /**
     * A caller or a candidate begins to wait for a right, even if it is free.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     */
    default void waiting(String recipe, String name) {}

    /**
     * A wait ended with a grant.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     * @param waitNanos how long the wait took
     */
    default void granted(String recipe, String name, long waitNanos) {}

    /**
     * A wait ended without a grant.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     * @param why the reason
     * @param waitNanos how long the wait took
     */
    default void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {}

    /**
     * A right was released.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     * @param holdNanos the time from the grant to the call that released the right
     */
    default void released(String recipe, String name, long holdNanos) {}

    /**
     * A right was lost.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     * @param cause why
     * @param holdNanos the time from the grant to the loss
     */
    default void lost(String recipe, String name, LossCause cause, long holdNanos) {}

    /** A session was lost: the client's own, or one for members with another ttl. */
    default void sessionLost() {}

    /**
     * The number of messages that are known to be stored in a topic, and that a reader or subscription of this client
     * has not been given yet, has changed. Messages that have been trimmed count until the reader reports the gap.
     *
     * @param topic name of the topic
     * @param change how many more, or less if it is negative; a message counts once for each reader
     */
    default void topicLag(String topic, long change) {}

    /**
     * A reader or subscription reported a {@link Gap}: retention took messages, or the store has lost them. Messages that were read before count
     * too.
     *
     * @param topic name of the topic
     * @param messages how many
     */
    default void topicGap(String topic, long messages) {}
}
