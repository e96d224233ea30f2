package io.sereno.operator;

import java.time.Instant;
import java.util.Objects;

/**
 * What an operator did, or meant to do.
 *
 * @param offset in the audit topic
 * @param at when it was recorded, by the wall clock of the operator's client; informative only
 * @param operator the node id of the operator's client
 * @param text lines of a word and its value, as {@code docs/spec.md} describes; values are percent-encoded
 */
public record AuditEntry(long offset, Instant at, String operator, String text) {
    /** Refuses null. */
    public AuditEntry {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(operator, "operator");
        Objects.requireNonNull(text, "text");
    }
}
