package io.sereno;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A run of a {@link ScheduledTask}, as it is stored.
 *
 * @param due the due time that it is for
 * @param attempt 1, and more if the due time was begun again after its runner was lost
 * @param nodeId the node that began it
 * @param fencingToken of its grant
 * @param begun by the clock of that node
 * @param ended by the clock of that node; empty if the end is not stored
 * @param outcome how it ended
 */
public record TaskRun(
        Instant due,
        int attempt,
        String nodeId,
        long fencingToken,
        Instant begun,
        Optional<Instant> ended,
        Outcome outcome) {
    /**
     * Checks the arguments.
     *
     * @throws NullPointerException if one is null
     */
    public TaskRun {
        Objects.requireNonNull(due, "due is null");
        Objects.requireNonNull(nodeId, "nodeId is null");
        Objects.requireNonNull(begun, "begun is null");
        Objects.requireNonNull(ended, "ended is null");
        Objects.requireNonNull(outcome, "outcome is null");
    }

    /** How a run ended. */
    public enum Outcome {
        /** It has not ended, and its node is in the queue. */
        RUNNING,
        /** The body returned. */
        SUCCEEDED,
        /** The body threw. */
        FAILED,
        /** The runner was lost before the end was stored. The body may have done everything. */
        LOST
    }
}
