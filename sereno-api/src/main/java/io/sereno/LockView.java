package io.sereno;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Who had a mutex, and who waited for it, when somebody looked.
 *
 * @param holder the client whose entry is at the head; empty when the queue is
 * @param waiters clients that wait behind it; the threads that wait within a client are not seen from outside
 */
public record LockView(Optional<Holder> holder, int waiters) {
    /** Refuses a negative number of waiters. */
    public LockView {
        Objects.requireNonNull(holder, "holder");
        if (waiters < 0) {
            throw new IllegalArgumentException("waiters is " + waiters + "; 0 or more is accepted");
        }
    }

    /**
     * The client at the head of the queue.
     *
     * @param nodeId of the client
     * @param fencingToken the first of the series that it hands on locally; the current hold may have one greater by up
     *     to 1,023
     * @param since when the client queued, by its own wall clock; informative, nothing is decided by it
     */
    public record Holder(String nodeId, long fencingToken, Instant since) {
        /** Refuses null. */
        public Holder {
            Objects.requireNonNull(nodeId, "nodeId");
            Objects.requireNonNull(since, "since");
        }
    }
}
