package io.sereno;

import java.util.Map;
import java.util.Optional;

/**
 * What a client knows of a {@link SharedMap}, without asking the store: for code that reads values often, such as the
 * feature flags for each request.
 *
 * <p><b>Guarantees.</b> Of each value the same as a {@link CachedValue}: it never goes back to an earlier state, while
 * the map {@linkplain #isCurrent is current} it shows every change that a call of this client has completed, and it
 * reaches the last state after any outage (SHM-2).
 *
 * <p><b>Not guaranteed.</b> That two values are of one moment: of two changes of different keys, the later one may be
 * shown first.
 *
 * <p>No method waits, except that {@link SharedMap#cached()} waits for the first state. All objects of one name in a
 * client share one watch. A change costs each client one read of the changed value. Instances are safe for use by
 * multiple threads.
 *
 * @param <T> the type of the values
 */
public interface CachedMap<T> extends AutoCloseable {
    /**
     * The last state of one value that this client knows, also while the store is out of reach, and after {@link
     * #close}.
     *
     * @param key the key
     * @return empty if no value is stored under this key
     * @throws UnreadableEntryException if the entry of this key is not a value
     * @throws RuntimeException if {@link Codec#decode} throws it
     */
    Optional<Versioned<T>> get(String key);

    /**
     * The last state of all values. Decodes them at each call.
     *
     * @return a map that cannot be modified, in the order of the keys
     * @throws UnreadableEntryException if an entry is not a value
     * @throws RuntimeException if {@link Codec#decode} throws it
     */
    Map<String, Versioned<T>> getAll();

    /**
     * Whether this client follows the store, as {@link CachedValue#isCurrent}.
     *
     * @return false while the state may be out of date by more than the time that a notice takes, and after
     *     {@link #close}
     */
    boolean isCurrent();

    /** Ends it. The last object of a name in a client also ends its watch. Does not block; idempotent. */
    @Override
    void close();
}
