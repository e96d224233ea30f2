package io.sereno;

import java.time.Duration;

/**
 * Hears what happens in a client, for logs and metrics.
 *
 * <pre>{@code
 * SerenoObserver observer = new SerenoObserver() {
 *     @Override
 *     public void lost(String recipe, String name, long fencingToken, LossCause cause) {
 *         log.log(System.Logger.Level.WARNING, "lost {0} {1}: {2}", recipe, name, cause);
 *     }
 * };
 * }</pre>
 *
 * <p>Called off I/O threads, with one event after another. Nothing waits for it: one that is 10,000 events behind
 * misses the next ones, which is logged. What it throws is logged too, and changes nothing.
 */
public interface SerenoObserver {
    /**
     * A session changed its state: the client's own, or one for members with another ttl.
     *
     * @param state the new one
     * @param sessionId of the session, as in the store; empty when there is none
     */
    default void session(SessionState state, String sessionId) {}

    /**
     * A right was given.
     *
     * @param recipe {@code mutex} or {@code election}
     * @param name of the mutex or election
     * @param fencingToken of the grant
     * @param waited from the call to the grant
     */
    default void granted(String recipe, String name, long fencingToken, Duration waited) {}

    /**
     * A right was lost.
     *
     * @param recipe {@code mutex} or {@code election}
     * @param name of the mutex or election
     * @param fencingToken of the grant
     * @param cause why
     */
    default void lost(String recipe, String name, long fencingToken, LossCause cause) {}

    /**
     * Something failed that nobody waited for: a callback, or work in the background, which is tried again.
     *
     * @param recipe which kind
     * @param name of the object
     * @param operation what was tried
     * @param cause what it failed with
     */
    default void failed(String recipe, String name, String operation, Throwable cause) {}

    /**
     * Retention took messages that a subscription had not had.
     *
     * @param topic name of the topic
     * @param gap what is missing
     */
    default void gap(String topic, Gap gap) {}
}
