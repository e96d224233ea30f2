package io.sereno.tck.history;

import static java.util.stream.Collectors.joining;

import java.util.List;

/**
 * An operation that the specification does not allow, after all that came before it.
 *
 * @param rule the number of the rule that is broken
 * @param culprit the operation
 * @param others operations that make it impossible
 * @param seen what was seen, in a sentence, with times and revisions
 * @param check what the author of a backend should look at first
 */
public record Violation(String rule, Operation culprit, List<Operation> others, String seen, String check) {
    /** Copies. */
    public Violation {
        others = List.copyOf(others);
    }

    /**
     * Whether a rule is broken by this: the one that it names, and those about outcomes that say the same in other words.
     *
     * @param other the number of a rule
     */
    public boolean breaks(String other) {
        if (rule.equals("COM-11") && (other.equals("OUT-2") || other.equals("OUT-3"))) {
            boolean unknown = culprit.isUnknown() || others.stream().anyMatch(Operation::isUnknown);
            return other.equals("OUT-3") == unknown;
        }
        return rule.equals(other);
    }

    /** Sentence, the operations in question, and the advice: some lines of text. */
    public String text() {
        return seen + "\n  " + culprit
                + others.stream()
                        .filter(other -> !other.equals(culprit))
                        .map(other -> "\n  " + other)
                        .collect(joining())
                + "\n  check first: " + check;
    }

    @Override
    public String toString() {
        return rule + " is broken: " + text();
    }
}
