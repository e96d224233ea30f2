package io.sereno;

/**
 * The right to write under a {@link ReadWriteMutex}: it excludes every other holder, and can become a right to read
 * without letting another writer in.
 *
 * <p>The fencing token orders the write grants of one name. Instances are safe for use by multiple threads.
 */
public interface WriteGrant extends Grant {
    /**
     * Ends this grant, and goes on as a right to read. From the call on the caller may only read. Readers that wait in
     * front of the next writer follow as soon as the store has the change, and no writer gets the lock before the
     * returned right has ended. There is no way back.
     *
     * <p>Does not wait for the store: the change is sent in the background until it is certain. Until then others wait
     * as behind a writer. This grant counts as released: its {@link #lost()} does not complete any more, and the
     * returned right reports losses from here on.
     *
     * @return the right to read, to be closed; closing this grant afterwards does nothing
     * @throws GrantLostException if the grant was lost before
     * @throws IllegalStateException if the grant was released or downgraded before
     */
    Right downgrade();
}
