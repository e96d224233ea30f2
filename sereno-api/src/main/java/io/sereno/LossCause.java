package io.sereno;

/** Why a right was lost. */
public enum LossCause {
    /**
     * The session ended: it was not renewed in time, or the store reported that it has ended. Everything held under it
     * is lost.
     */
    SESSION_EXPIRED,
    /** The store no longer has the entry of this right, although the session is alive: somebody removed the entry. */
    ENTRY_REMOVED,
    /**
     * The store has gone back to an earlier state, for instance because it was restored from a snapshot or lost writes
     * in a fail-over, and this client has detected it. Everything held under the session is lost; the client opens
     * another session by itself.
     */
    STORE_RESTORED,
    /** {@link Sereno#close()} was called while the right was held. */
    SERENO_CLOSED
}
