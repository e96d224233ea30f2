package io.sereno.tck;

import java.time.LocalDate;
import java.util.Objects;

/**
 * Says that a rule is known to be broken, why, and until when that is accepted. The rule runs all the same, and must fail: a
 * waiver that is no longer needed, or whose day is over, fails the run.
 *
 * @param rule the number of the rule, such as {@code LEA-11a}
 * @param reason why it cannot hold yet
 * @param expires the last day on which the waiver counts
 */
public record Waiver(String rule, String reason, LocalDate expires) {
    /** Refuses a waiver without a reason. */
    public Waiver {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(expires, "expires");
        if (reason.isBlank()) {
            throw new IllegalArgumentException("the waiver of " + rule + " has no reason; say why the rule is broken");
        }
    }
}
