package io.sereno;

/** Why a right was lost. */
public enum LossCause {
    /**
     * The session ended: it was not renewed in time, or the store reported that it has ended. Everything held under it
     * is lost. In the second case the right is not held from the report on; the cause follows when the next session has
     * shown whether the store was restored, within a sixth of the ttl at the latest.
     */
    SESSION_EXPIRED,
    /** The store no longer has the entry of this right, although the session is alive: somebody removed the entry. */
    ENTRY_REMOVED,
    /**
     * The store has gone back to an earlier state, for instance because it was restored from a snapshot, was replaced by
     * an empty one or lost writes in a fail-over, and this client has detected it. Everything held under the session is
     * lost; the client opens another session by itself. A client cannot detect each restore: where revisions go on, as on
     * Redis, an empty store is reported as {@link #SESSION_EXPIRED} or {@link #ENTRY_REMOVED}.
     */
    STORE_RESTORED,
    /** {@link Sereno#close()} was called while the right was held. */
    SERENO_CLOSED
}
