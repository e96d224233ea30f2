package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Snapshot;
import org.jspecify.annotations.Nullable;

/** How a commit ended, including an unknown outcome: the content of {@link CommitResult} and {@link BackendException} in one value to switch over. */
public record Outcome(
        Kind kind,
        long revision,
        @Nullable Snapshot snapshot,
        @Nullable BackendException failure) {
    public enum Kind {
        COMMITTED,
        CONFLICT,
        LEASE_DEAD,
        NOT_APPLIED,
        UNKNOWN
    }

    static Outcome of(CommitResult result) {
        if (result instanceof CommitResult.Committed committed) {
            return new Outcome(
                    Kind.COMMITTED, committed.revision(), committed.snapshot().orElse(null), null);
        }
        if (result instanceof CommitResult.Conflict conflict) {
            return new Outcome(Kind.CONFLICT, 0, conflict.snapshot().orElse(null), null);
        }
        return new Outcome(Kind.LEASE_DEAD, 0, null, null);
    }

    static Outcome of(BackendException failure) {
        Kind kind = failure.outcome() == BackendException.Outcome.NOT_APPLIED ? Kind.NOT_APPLIED : Kind.UNKNOWN;
        return new Outcome(kind, 0, null, failure);
    }
}
