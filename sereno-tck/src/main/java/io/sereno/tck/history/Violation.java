package io.sereno.tck.history;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * An operation that the specification does not allow, after everything that came before it.
 *
 * @param rule the number of the rule that is broken
 * @param also the numbers of other rules that the same observation breaks
 * @param culprit the operation
 * @param others operations that make it impossible
 * @param seen what was seen, in a sentence, with times and revisions
 * @param check what the author of a backend should look at first
 */
public record Violation(
        String rule, Set<String> also, Operation culprit, List<Operation> others, String seen, String check) {
    /** Copies. */
    public Violation {
        also = Set.copyOf(also);
        others = List.copyOf(others);
    }

    Violation(String rule, Operation culprit, List<Operation> others, String seen, String check) {
        this(rule, Set.of(), culprit, others, seen, check);
    }

    /** The same violation, which breaks other rules too. */
    Violation alsoOf(String... rules) {
        Set<String> all = new TreeSet<>(also);
        all.addAll(List.of(rules));
        all.remove(rule);
        return new Violation(rule, all, culprit, others, seen, check);
    }

    /**
     * Whether this violation breaks a rule: one that it names, or a rule about outcomes that says the same in other
     * words.
     *
     * @param other the number of a rule
     */
    public boolean breaks(String other) {
        if (rule.equals("COM-11") && (other.equals("OUT-2") || other.equals("OUT-3"))) {
            boolean unknown = culprit.isUnknown() || others.stream().anyMatch(Operation::isUnknown);
            return other.equals("OUT-3") == unknown;
        }
        return rule.equals(other) || also.contains(other);
    }

    /** Sentence, the operations in question, and the advice, in a few lines of text. */
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
