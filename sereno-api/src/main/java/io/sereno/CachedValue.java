package io.sereno;

import java.util.Optional;

/**
 * What a client knows of a {@link SharedValue}, without asking the store: for code that reads a value often, such as the
 * state of a feature flag for each request.
 *
 * <p><b>Guarantees.</b> It never goes back to an earlier state. While it {@linkplain #isCurrent is current}, it shows
 * every change that a call of this client has completed. It reaches the last state after any outage (SHV-2).
 *
 * <p><b>Not guaranteed.</b> That it shows a change of another client at once: it shows the change when the store's
 * notice has come and the value has been read, usually some milliseconds later.
 *
 * <p>No method waits, except that {@link SharedValue#cached()} waits for the first state. All objects of one name in a
 * client share one watch. Instances are safe for use by multiple threads.
 *
 * @param <T> the type of the value
 */
public interface CachedValue<T> extends AutoCloseable {
    /**
     * The last state that this client knows, also while the store is out of reach, and after {@link #close}.
     *
     * @return empty if no value is stored
     * @throws UnreadableEntryException if the entry in the store is not a value
     * @throws RuntimeException if {@link Codec#decode} throws it
     */
    Optional<Versioned<T>> get();

    /**
     * Whether this client follows the store: the last read succeeded, and the session is
     * {@linkplain SessionState#CONNECTED connected}. If the store goes out of reach, it is false after half the ttl of
     * the session at the latest.
     *
     * @return false while the state may be out of date by more than the time that a notice takes, and after
     *     {@link #close}
     */
    boolean isCurrent();

    /** Ends it. The last object of a name in a client also ends its watch. Does not block; idempotent. */
    @Override
    void close();
}
