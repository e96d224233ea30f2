package io.sereno.spi;

/**
 * Hears that it is time to look again. A notice carries no state: whoever wants to know reads, and sees the change that
 * was announced or a later state (WAT-2).
 *
 * <p>Notices of one watch are serial (WAT-5a). They may be merged, and may come without a change. A listener that
 * blocks delays its own watch only (WAT-6a); what it throws is logged, and the watch goes on (WAT-5b).
 */
public interface WatchListener {
    /**
     * An entry was put or deleted, or went with its lease.
     *
     * @param name of the entry; always one of the target (WAT-7b)
     * @param revision of the commit, for logs; 0 when the store does not tell it
     */
    void changed(String name, long revision);

    /**
     * Anything may have changed: something may have been missed. Comes, or comes again, after the watch is live again,
     * so that every change invoked after the last reset is announced (WAT-8).
     */
    void reset();
}
