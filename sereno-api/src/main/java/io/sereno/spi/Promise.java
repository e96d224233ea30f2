package io.sereno.spi;

/**
 * Promises that only some stores make. No recipe needs any of them to keep its contract; an application that needs more
 * requires it with {@link io.sereno.Sereno.Builder#require}.
 */
public enum Promise {
    /** A read of several entries shows them at one moment (READ-3d). */
    SNAPSHOT_READS,
    /** Acknowledged commits survive a restart of the store, also after a loss of power. */
    DURABLE,
    /**
     * Acknowledged commits survive a fail-over to another server. Without this promise, a fail-over can give a held
     * lock away.
     */
    FAIL_OVER_SAFE,
    /**
     * Revisions, and so fencing tokens, keep increasing after a fail-over, even if acknowledged commits were lost.
     */
    REVISIONS_SURVIVE_FAIL_OVER,
    /**
     * Revisions increase over all directories of the namespace, not only within each: a commit that was acknowledged
     * before another was invoked has the lower revision, whichever directories they change (COM-14). With this promise,
     * any commit of a client can prove that the store has gone back to an earlier state; without it, only a commit to a
     * directory that the client has changed before.
     */
    STORE_WIDE_REVISIONS,
    /** The store is shared by processes, not only by the threads of one. */
    MANY_PROCESSES,
    /** The directories of a namespace can be listed (DIR); without this promise, operators have to know names. */
    LISTS_DIRECTORIES
}
