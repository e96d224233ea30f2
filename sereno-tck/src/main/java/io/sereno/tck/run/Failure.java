package io.sereno.tck.run;

import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.rules.SelectedRules;
import io.sereno.tck.rules.Specification;
import java.util.List;

/** The report of a broken rule: the rule, what was seen, what to check first, how to reproduce it. */
final class Failure {
    private Failure() {}

    static String text(Kit kit, RuleTest test, Bench bench, Throwable thrown) {
        Specification.Entry rule = kit.specification().rule(test.rule());
        StringBuilder text = new StringBuilder();
        text.append(rule.id())
                .append(' ')
                .append(rule.level())
                .append(" is broken: ")
                .append(test.sentence())
                .append('\n');
        line(text, "rule", rule.claim());
        if (thrown instanceof RuleFailure) {
            line(text, "seen", String.valueOf(thrown.getMessage()));
        } else {
            line(text, "seen", "the test could not continue: " + thrown);
        }
        List<String> steps = bench.steps();
        if (!steps.isEmpty()) {
            text.append("  steps  the last ").append(steps.size()).append(", in time since the test began\n");
            steps.forEach(step -> text.append("         ").append(step).append('\n'));
        }
        line(text, "check", test.check());
        line(text, "why", rule.intent());
        line(
                text,
                "again",
                "-D" + SelectedRules.PROPERTY + "=" + rule.id() + " -D" + Kit.SEED_PROPERTY + "=" + kit.seed());
        return text.toString();
    }

    private static void line(StringBuilder text, String label, String what) {
        if (!what.isEmpty()) {
            text.append("  ")
                    .append(label)
                    .append(" ".repeat(7 - label.length()))
                    .append(what.replace("\n", "\n         "))
                    .append('\n');
        }
    }
}
