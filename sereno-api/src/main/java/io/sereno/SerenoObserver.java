package io.sereno;

import java.time.Duration;

/**
 * Receives rare events of a client, for logs and alarms.
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
 * <p><b>An observer or a meter.</b> An observer is called with one event after another, in a thread of the client's
 * executor, so it may block. Nothing waits for it: an observer that is 10,000 events behind misses the next ones. So
 * do not count with an observer: a {@link SerenoMeter} never misses an event, is called synchronously, and must not
 * block.
 *
 * <p>An exception from an observer is logged once for a series of equal exceptions, and ignored. Missed events are
 * logged too. An instance that is given to one builder is never called by two threads at the same time.
 */
public interface SerenoObserver {
    /**
     * A session changed its state: the client's own, or one for members with another ttl.
     *
     * @param state the new one
     * @param sessionId of the session, as in the store; empty if there is none
     */
    default void session(SessionState state, String sessionId) {}

    /**
     * A right was granted.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     * @param fencingToken of the grant; of a right that is no {@link Grant}, a number that orders nothing
     * @param waited the time from the call to the grant
     */
    default void granted(String recipe, String name, long fencingToken, Duration waited) {}

    /**
     * A right was lost.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the mutex, election, lock or domain
     * @param fencingToken of the grant; of a right that is no {@link Grant}, a number that orders nothing
     * @param cause why
     */
    default void lost(String recipe, String name, long fencingToken, LossCause cause) {}

    /**
     * Something failed that no caller waits for: a callback, or work in the background, which is retried.
     *
     * @param recipe the kind of the recipe
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
