package io.sereno;

import java.time.Instant;
import java.util.Optional;

/** since: the holder's wall clock, informative only. */
public record LockView(Optional<Holder> holder, int waiters) {
    public record Holder(String nodeId, long fencingToken, Instant since) {}
}
