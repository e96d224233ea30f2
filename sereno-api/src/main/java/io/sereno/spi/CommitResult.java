package io.sereno.spi;

import java.util.Objects;
import java.util.Optional;

/**
 * The certain result of a commit. The other two outcomes, {@code NOT_APPLIED} and {@code UNKNOWN}, are failures and are
 * reported by a {@link BackendException}.
 */
public sealed interface CommitResult {
    /**
     * All conditions held, and all writes are in the store, once (OUT-2).
     *
     * @param revision of this commit; 0 if it changed nothing (COM-5d)
     * @param snapshot the read that was asked for, at or after the commit (READ-8a); empty if none was asked for, and
     *     also if the commit went through and the read failed (READ-8c): then read again
     */
    record Committed(long revision, Optional<Snapshot> snapshot) implements CommitResult {
        /** Checks the revision. */
        public Committed {
            Entry.checkRevision("revision", revision, 0);
            Objects.requireNonNull(snapshot, "snapshot");
        }
    }

    /**
     * At some moment of the call a condition did not hold (COM-12). Nothing was written.
     *
     * @param snapshot the read that was asked for, at or after that moment (READ-8a); empty if none was asked for, and
     *     also if the read failed
     */
    record Conflict(Optional<Snapshot> snapshot) implements CommitResult {
        /** Refuses null. */
        public Conflict {
            Objects.requireNonNull(snapshot, "snapshot");
        }
    }

    /** The lease that the commit names has ended. Nothing was written, and nothing ever will be (LEA-7). */
    record LeaseDead() implements CommitResult {}
}
