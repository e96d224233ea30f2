package io.sereno.spi;

/**
 * Is notified that it is time to read again. A notice carries no state: a listener that needs the state reads it, and
 * sees the announced change or a later state (WAT-2).
 *
 * <p>Notices of one watch are serial (WAT-5a). They may be merged, and may come without a change. A listener that
 * blocks delays only its own watch (WAT-6a). An exception from a listener is logged, and the watch continues (WAT-5b).
 */
public interface WatchListener {
    /**
     * An entry was put or deleted, or ended with its lease.
     *
     * @param name of the entry; always one of the target (WAT-7b)
     * @param revision of the commit; 0 if the store does not report it. Notices with one revision, other than 0, announce one
     *     commit, unless a reset comes between them: after the first of them, one read is enough
     */
    void changed(String name, long revision);

    /**
     * Anything may have changed, since notices may have been missed. Called, or called again, after the watch is live
     * again, so that every change invoked after the last reset is announced (WAT-8).
     */
    void reset();
}
