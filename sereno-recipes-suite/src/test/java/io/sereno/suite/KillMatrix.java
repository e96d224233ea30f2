package io.sereno.suite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import io.sereno.suite.mutants.Mutant;
import io.sereno.suite.mutants.World;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.Verdict;
import io.sereno.tck.report.ReportText;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.rules.Specification;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.run.StuckTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which mutant was killed by which rule, and by which of its tests. */
final class KillMatrix {
    private static final RuleSet KIT = RuleSet.of(SerenoTck.class);

    private static final int REPETITIONS = 4;

    private final List<Row> rows = new ArrayList<>();

    /**
     * One mutant.
     *
     * @param mutant its name
     * @param rule that has to find it
     * @param killers the tests that did
     * @param seeds that were tried
     * @param missed the seeds whose first run did not find it
     * @param survived by seed, the verdicts of the rule's tests if they did not find it often enough
     */
    record Row(
            String mutant,
            String rule,
            Set<String> killers,
            List<Long> seeds,
            List<Long> missed,
            Map<Long, String> survived) {
        boolean killed() {
            return survived.isEmpty();
        }

        String failedRule() {
            return killers.isEmpty() ? "" : rule;
        }
    }

    /**
     * Runs the tests of the mutant's rule on it, with each seed. Threads of clients race with each other whatever the seed
     * is, so one run may miss a mutant that others find. Such a run is followed by four more with the same seed. The rule has
     * to find the mutant in all of them: in four runs of five.
     */
    static Row row(Mutant mutant, List<Long> seeds) {
        Set<String> killers = new TreeSet<>();
        List<Long> missed = new ArrayList<>();
        Map<Long, String> survived = new LinkedHashMap<>();
        for (long seed : seeds) {
            List<Outcome> outcomes = run(mutant, seed);
            if (kills(outcomes, killers)) {
                continue;
            }
            missed.add(seed);
            System.out.println(mutant + " was missed once with the seed " + seed);
            for (int again = 0; again < REPETITIONS; again++) {
                if (!kills(run(mutant, seed), killers)) {
                    survived.put(seed, verdicts(outcomes) + "\nalso found by " + others(mutant, seed));
                    break;
                }
            }
        }
        return new Row(mutant.name(), mutant.rule(), killers, seeds, missed, survived);
    }

    private static boolean kills(List<Outcome> outcomes, Set<String> killers) {
        List<Outcome> kills = outcomes.stream().filter(KillMatrix::isKill).toList();
        kills.forEach(kill -> killers.add(kill.test().id()));
        return !kills.isEmpty();
    }

    private static String verdicts(List<Outcome> outcomes) {
        return outcomes.stream()
                .map(outcome ->
                        outcome.test().id() + " " + outcome.verdict() + " " + outcome.evidence() + " " + outcome.why())
                .collect(joining("\n"));
    }

    /** The kit alone has to find the bugs that break rules of the SPI; the suite adds the rules of the recipes. */
    private static RuleSet rules(Mutant mutant) {
        return Specification.shipped().rule(mutant.rule()).isOfRecipes() ? RecipesSuite.RULES : KIT;
    }

    private static Kit kit(Mutant mutant, long seed) {
        World world = mutant.world(seed);
        return new Kit(new TriedFixture(world), rules(mutant), null, world::recipes, seed);
    }

    private static List<Outcome> run(Mutant mutant, long seed) {
        try (Kit kit = kit(mutant, seed)) {
            return rules(mutant).testsOf(mutant.rule()).stream().map(kit::run).toList();
        }
    }

    /** Which rules of the same group find a mutant that its own one does not. */
    private static List<String> others(Mutant mutant, long seed) {
        String group = mutant.rule().substring(0, mutant.rule().indexOf('-') + 1);
        try (Kit kit = kit(mutant, seed)) {
            return rules(mutant).tests().stream()
                    .filter(test -> test.rule().startsWith(group))
                    .map(kit::run)
                    .filter(outcome -> outcome.verdict() == Verdict.FAIL)
                    .map(outcome -> outcome.test().rule() + ": " + outcome.why())
                    .toList();
        }
    }

    /** A rule whose failure states a reason. Neither a crash nor a test that does not return is one. */
    private static boolean isKill(Outcome outcome) {
        return outcome.verdict() == Verdict.FAIL
                && outcome.failure() != null
                && outcome.failure().getCause() instanceof RuleFailure failure
                && !(failure instanceof StuckTest);
    }

    synchronized void add(Row row) {
        rows.add(row);
    }

    synchronized void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("kill-matrix.json"), json(), UTF_8);
        Files.writeString(folder.resolve("kill-matrix.md"), markdown(), UTF_8);
    }

    private String json() {
        return rows.stream()
                .map(row -> "  {\"mutant\": " + ReportText.quoted(row.mutant()) + ", \"rule\": \"" + row.rule()
                        + "\", \"failedRule\": \"" + row.failedRule() + "\", \"killed\": " + row.killed()
                        + ", \"seeds\": " + row.seeds() + ", \"missed\": " + row.missed() + "}")
                .collect(joining(",\n", "[\n", "\n]\n"));
    }

    private String markdown() {
        StringBuilder page = new StringBuilder("# Mutants and the rules that kill them\n\n")
                .append(rows.stream().filter(Row::killed).count())
                .append(" of ")
                .append(rows.size())
                .append(" killed, with the seeds ")
                .append(rows.isEmpty() ? "none" : rows.get(0).seeds())
                .append(".\n\n| rule | mutant | killed | by |\n|---|---|---|---|\n");
        for (Row row : rows) {
            page.append("| ")
                    .append(row.rule())
                    .append(" | ")
                    .append(row.mutant().replace("|", "\\|"))
                    .append(" | ")
                    .append(row.killed() ? "yes" : "**no**")
                    .append(" | ")
                    .append(String.join(", ", row.killers()))
                    .append(" |\n");
        }
        return page.toString();
    }
}
