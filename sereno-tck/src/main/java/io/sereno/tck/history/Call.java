package io.sereno.tck.history;

import io.sereno.spi.Query;
import io.sereno.spi.Target;
import java.time.Duration;

/** A request of a client. */
public sealed interface Call {
    /** A read. */
    record Read(Query query) implements Call {}

    /** A commit. */
    record Commit(io.sereno.spi.Commit commit) implements Call {}

    /** A new lease. */
    record Grant(Duration ttl) implements Call {}

    /** A renewal. */
    record Renew(long leaseId) implements Call {}

    /** A revocation. */
    record Revoke(long leaseId) implements Call {}

    /**
     * A new watch.
     *
     * @param target what is watched
     * @param watch number of the watch in this history
     */
    record OpenWatch(Target target, int watch) implements Call {}

    /** The end of a watch. */
    record CancelWatch(int watch) implements Call {}

    /** The end of a client. */
    record Close() implements Call {}
}
