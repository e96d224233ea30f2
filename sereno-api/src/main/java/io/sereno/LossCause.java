package io.sereno;

/** Why a right was lost. */
public enum LossCause {
    /** The session ended: not renewed in time, or the store said that it is over. Everything held under it is lost. */
    SESSION_EXPIRED,
    /** The store no longer has the entry that stands for this right, though the session lives: somebody removed it. */
    ENTRY_REMOVED,
    /**
     * The store has gone back to an earlier state, as one that was restored from a snapshot or lost writes in a fail-over, and this client has seen
     * so. Everything held under the session is lost; the client opens another one by itself.
     */
    STORE_RESTORED,
    /** {@link Sereno#close()} was called while the right was held. */
    SERENO_CLOSED
}
