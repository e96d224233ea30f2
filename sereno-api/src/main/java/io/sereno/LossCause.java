package io.sereno;

/** Why a right was lost. */
public enum LossCause {
    /** The session ended: not renewed in time, or the store said that it is over. Everything held under it is lost. */
    SESSION_EXPIRED,
    /** The store no longer has the entry that stands for this right, though the session lives: somebody removed it. */
    ENTRY_REMOVED,
    /** {@link Sereno#close()} was called while the right was held. */
    SERENO_CLOSED
}
