package io.sereno.spi;

import java.util.Optional;

/** The certain ends; NOT_APPLIED and UNKNOWN arrive as BackendException. revision 0: nothing was changed. LeaseDead: nothing written, nor ever will be. */
public sealed interface CommitResult {
    record Committed(long revision, Optional<Snapshot> snapshot) implements CommitResult {}

    record Conflict(Optional<Snapshot> snapshot) implements CommitResult {}

    record LeaseDead() implements CommitResult {}
}
