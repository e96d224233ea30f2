package io.sereno.spi;

import java.util.Objects;
import java.util.Optional;

/** The certain ends; NOT_APPLIED and UNKNOWN arrive as BackendException. revision 0: nothing was changed. LeaseDead: nothing written, nor ever will be. */
public sealed interface CommitResult {
    record Committed(long revision, Optional<Snapshot> snapshot) implements CommitResult {
        public Committed {
            Entry.checkRevision("revision", revision, 0);
            Objects.requireNonNull(snapshot, "snapshot");
        }
    }

    record Conflict(Optional<Snapshot> snapshot) implements CommitResult {
        public Conflict {
            Objects.requireNonNull(snapshot, "snapshot");
        }
    }

    record LeaseDead() implements CommitResult {}
}
