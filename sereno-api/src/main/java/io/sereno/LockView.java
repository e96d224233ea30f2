package io.sereno;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** since: the holder's wall clock, informative only. */
public record LockView(Optional<Holder> holder, int waiters) {
    public LockView {
        Objects.requireNonNull(holder, "holder");
        if (waiters < 0) {
            throw new IllegalArgumentException("waiters is " + waiters + "; 0 or more is accepted");
        }
    }

    public record Holder(String nodeId, long fencingToken, Instant since) {
        public Holder {
            Objects.requireNonNull(nodeId, "nodeId");
            Objects.requireNonNull(since, "since");
        }
    }
}
