package io.sereno;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Which clients had a lock, and which waited for it, at the time of the read. For display: it may be outdated when it
 * is looked at.
 *
 * <p>Threads that wait within a client share its entry and are not visible from outside.
 *
 * @param holders the clients that have the lock, the oldest entry first; a mutex has at most one, a lock with readers may
 *     have several; a client may have several entries there; copied
 * @param waiters the clients that wait, in the order in which they will be granted; copied
 */
public record LockView(List<Place> holders, List<Place> waiters) {
    /** Copies the lists. */
    public LockView {
        holders = List.copyOf(holders);
        waiters = List.copyOf(waiters);
    }

    /** How a client requests the lock. A later version may add values. */
    public enum Kind {
        /** Nobody else holds at the same time: a mutex, or a writer. */
        EXCLUSIVE,
        /** Others of this kind may hold at the same time: a reader. */
        SHARED
    }

    /**
     * The entry of one client in the queue.
     *
     * @param entry its name in the directory of the lock, by which an operator finds it with the store's own tools
     * @param nodeId of the client; empty if the entry does not say
     * @param since when the client began to queue, by its own wall clock; informative only
     * @param kind how the client requests the lock
     * @param weight how much of the lock's capacity it takes, 1 or more; always 1 for a mutex and a lock with readers
     * @param fencingToken of an exclusive holder, else empty: the first token of the series of holds that the client
     *     hands on locally; the token of the current hold may be greater by up to 1,023
     * @param foreign whether the entry was not put by Sereno: it is bound to no lease, so it never ends by itself, and
     *     all clients behind it wait until an operator deletes it with the store's own tools
     */
    public record Place(
            String entry,
            String nodeId,
            Instant since,
            Kind kind,
            int weight,
            OptionalLong fencingToken,
            boolean foreign) {
        /** Refuses null, and a weight below 1. */
        public Place {
            Objects.requireNonNull(entry, "entry");
            Objects.requireNonNull(nodeId, "nodeId");
            Objects.requireNonNull(since, "since");
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(fencingToken, "fencingToken");
            if (weight < 1) {
                throw new IllegalArgumentException("weight is " + weight + "; 1 or more is accepted");
            }
        }
    }
}
