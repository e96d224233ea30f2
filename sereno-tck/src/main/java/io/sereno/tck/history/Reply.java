package io.sereno.tck.history;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Snapshot;
import java.time.Duration;

/** What a client was told. */
public sealed interface Reply {
    /** A read found this. */
    record Found(Snapshot snapshot) implements Reply {}

    /** A commit ended for certain. */
    record Ended(CommitResult result) implements Reply {}

    /** A lease was granted. */
    record Granted(long leaseId, Duration ttl) implements Reply {}

    /** A renewal was answered. */
    record Renewed(boolean alive) implements Reply {}

    /** It is done, and there is nothing more to say: a revocation, a watch, a close. */
    record Done() implements Reply {}

    /** It failed. What is no {@code BackendException} counts as {@code UNKNOWN}. */
    record Failed(Outcome outcome, String message) implements Reply {}

    /** There was no reply before the history ended. */
    record None() implements Reply {}
}
