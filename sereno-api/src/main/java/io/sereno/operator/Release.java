package io.sereno.operator;

import java.util.Objects;

/**
 * How an intervention of an operator ended.
 *
 * @param result what became of the seat
 * @param audit the offset of the intervention's intent in the audit topic
 * @param unaudited why the act or the outcome is missing from the audit topic; empty if nothing is missing
 */
public record Release(Result result, long audit, String unaudited) {
    /** Refuses null. */
    public Release {
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(unaudited, "unaudited");
    }

    /** What became of a seat. A later version may add values. */
    public enum Result {
        /** The seat is gone, after this call acted or waited. */
        RELEASED,
        /** The seat was gone before this call did anything. */
        GONE,
        /** There is another seat or another session of that name than the one that was seen; nothing was changed. */
        CHANGED,
        /**
         * The session has ended, and the seat may be there still: its lease lasts longer than the call waits, or the
         * store did not say that it is gone, or the client was closed. The same call may be made again to wait on.
         */
        PENDING
    }
}
