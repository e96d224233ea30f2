package io.sereno.operator;

import java.time.Instant;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * The place of one client in a queue, as it was read. All callers of the client that want the same share the seat:
 * threads that hold a mutex one after another, readers that hold a lock together, so to end a seat ends what all of them
 * hold. A client may have several seats in the queue of a lock with readers, a lock set, a permit pool or a barrier.
 *
 * @param resource where it is
 * @param entry the name of its entry in the store
 * @param createRevision distinguishes the seat from every other seat of this name, earlier or later
 * @param session the id of the session that the seat belongs to; empty if {@link #foreign}
 * @param sessionRevision the createRevision of the session's marker; 0 if there was none: the session has ended, and the
 *     seat goes with its lease
 * @param nodeId of the client; empty if the entry does not say
 * @param host of the client; empty if the marker does not say, or is gone
 * @param since when the client began to queue, by its own wall clock; informative only
 * @param holds whether the client holds, or is about to be granted: no seat in front conflicts with this one; or its
 *     permits, with those of all seats in front, are within the limit, or were when they were granted. False for each seat
 *     of a {@link Kind#BARRIER}
 * @param shared whether others may hold at the same time: it only reads, or is one of a {@link Kind#PERMIT_POOL} or a
 *     {@link Kind#BARRIER}
 * @param weight how many permits the seat holds or asks for, 1 or more; 1 for other kinds, and if the entry does not say
 * @param firstToken the least fencing token of a holder under this seat, else empty; the token of the present one may be
 *     greater by up to 1,023. Empty for a shared or foreign seat, and for {@link Kind#READER}
 * @param foreign whether no client put the entry: it is bound to no lease, so it never ends by itself, and all seats
 *     behind it wait until an operator removes it
 */
public record Seat(
        Resource resource,
        String entry,
        long createRevision,
        String session,
        long sessionRevision,
        String nodeId,
        String host,
        Instant since,
        boolean holds,
        boolean shared,
        int weight,
        OptionalLong firstToken,
        boolean foreign) {
    /** Refuses null. */
    public Seat {
        Objects.requireNonNull(resource, "resource");
        Objects.requireNonNull(entry, "entry");
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(nodeId, "nodeId");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(firstToken, "firstToken");
    }
}
