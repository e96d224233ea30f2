package io.sereno.tck;

import java.time.LocalDate;
import java.util.Objects;

/**
 * Declares that a rule is known to be broken, why, and until when that is accepted. The rule runs all the same, and must
 * fail: a waiver that is no longer needed, or has expired, fails the run.
 *
 * @param rule the number of the rule, such as {@code LEA-11a}
 * @param reason why the rule cannot hold yet
 * @param expires the last day on which the waiver is valid
 */
public record Waiver(String rule, String reason, LocalDate expires) {
    /** Rejects a waiver without a reason. */
    public Waiver {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(expires, "expires");
        if (reason.isBlank()) {
            throw new IllegalArgumentException(
                    "the waiver of " + rule + " has no reason; state why the rule is broken");
        }
    }
}
