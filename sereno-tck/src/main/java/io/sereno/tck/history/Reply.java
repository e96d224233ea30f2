package io.sereno.tck.history;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Snapshot;
import java.time.Duration;

/** An answer to a client. */
public sealed interface Reply {
    /** A read found this. */
    record Found(Snapshot snapshot) implements Reply {}

    /** A commit ended with a known outcome. */
    record Ended(CommitResult result) implements Reply {}

    /** A lease was granted. */
    record Granted(long leaseId, Duration ttl) implements Reply {}

    /** A renewal was answered. */
    record Renewed(boolean alive) implements Reply {}

    /** Success without a result: of a revocation, a watch, a close. */
    record Done() implements Reply {}

    /** It failed. An exception other than {@code BackendException} counts as {@code UNKNOWN}. */
    record Failed(Outcome outcome, String message) implements Reply {}

    /** There was no reply before the history ended. */
    record None() implements Reply {}
}
