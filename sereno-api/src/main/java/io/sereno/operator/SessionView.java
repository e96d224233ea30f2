package io.sereno.operator;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * A session of a client, and everything that ends with it. A client usually has one session; members with a ttl of their
 * own have a session each.
 *
 * @param id of the session; empty if the session has ended and its entries do not say
 * @param markerRevision the createRevision of the session's marker; 0 if the marker is gone: the session has ended, and
 *     its entries go with its lease
 * @param nodeId of the client; empty if nothing says it
 * @param host of the client's machine; empty if the marker does not say, or is gone
 * @param pid the id of the client's process, from the same marker
 * @param ttl how long the session outlives its client; zero if the marker does not say, or is gone
 * @param version of Sereno in that process; empty if the marker does not say, or is gone
 * @param since when the session began, by the client's wall clock; informative only
 * @param holdings what is held, awaited or announced under the session; copied
 */
public record SessionView(
        String id,
        long markerRevision,
        String nodeId,
        String host,
        OptionalLong pid,
        Duration ttl,
        String version,
        Instant since,
        List<Holding> holdings) {
    /** Copies the list. */
    public SessionView {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(nodeId, "nodeId");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(pid, "pid");
        Objects.requireNonNull(ttl, "ttl");
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(since, "since");
        holdings = List.copyOf(holdings);
    }

    /**
     * Something that ends with the session.
     *
     * @param resource where it is
     * @param entry the name of its entry in the store
     * @param role what the session has there
     */
    public record Holding(Resource resource, String entry, Role role) {
        /** Refuses null. */
        public Holding {
            Objects.requireNonNull(resource, "resource");
            Objects.requireNonNull(entry, "entry");
            Objects.requireNonNull(role, "role");
        }
    }

    /** What a session has in a resource. A later version may add values. */
    public enum Role {
        /** A seat whose client holds. */
        HOLDS,
        /** A seat whose client waits. */
        WAITS,
        /** A listed member of a group. */
        MEMBER,
        /** A worker of a wait group that is not done. */
        WORKER,
        /** A slot of generators of ids. */
        ID_SLOT
    }
}
