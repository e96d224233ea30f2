package io.sereno.spi;

/**
 * What some stores promise and others do not. Recipes rely on none of it to be correct by their contract; an
 * application that needs more asks for it with {@link io.sereno.Sereno.Builder#require}.
 */
public enum Promise {
    /** A read of several entries shows them at one moment (READ-3d). */
    SNAPSHOT_READS,
    /** What was acknowledged survives a restart of the store, loss of power included. */
    DURABLE,
    /**
     * What was acknowledged survives a fail-over to another server. Without it, a fail-over can give a held lock away.
     */
    FAIL_OVER_SAFE,
    /**
     * Revisions, and so fencing tokens, go on increasing after a fail-over, also where acknowledged commits were lost.
     */
    REVISIONS_SURVIVE_FAIL_OVER,
    /** The store is shared by processes, not only by the threads of one. */
    MANY_PROCESSES
}
