package io.sereno.tck.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Guarantees;
import io.sereno.tck.Grade;
import io.sereno.tck.Verdict;
import io.sereno.tck.Waiver;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.rules.Specification;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The result of a run of the kit: a verdict for every rule of the specification, and the grade that follows.
 *
 * @param backend the kind of store, as it calls itself
 * @param serverVersion as the server reports it
 * @param kitVersion of this kit
 * @param java of this JVM
 * @param seed repeats the run
 * @param complete whether every test of the kit was run
 * @param scope how many rules the run could test
 * @param grade of the backend
 * @param rules in the order of the specification
 * @param waivers that were not needed
 */
public record Report(
        String backend,
        String serverVersion,
        String kitVersion,
        String java,
        long seed,
        boolean complete,
        Scope scope,
        Grade grade,
        List<Line> rules,
        List<Waiver> waivers) {
    private static final String NO_TEST = "the kit has no test of it";

    /**
     * The result for one rule.
     *
     * @param rule the rule
     * @param verdict the worst of its tests
     * @param evidence of all its tests
     * @param why the reason if the verdict is not PASS
     * @param detail the whole message of a failure
     * @param tests that were run
     * @param millis that they took
     */
    public record Line(
            Specification.Entry rule,
            Verdict verdict,
            Map<String, Long> evidence,
            String why,
            String detail,
            List<String> tests,
            long millis) {}

    /**
     * How many rules of the specification a run could test.
     *
     * @param spi rules of the SPI with a test
     * @param recipes rules of the recipes with a test
     * @param elsewhere rules about Sereno's own recipes that only other tests of Sereno's build test
     */
    public record Scope(long spi, long recipes, long elsewhere) {
        static Scope of(RuleSet rules, Specification specification) {
            Map<Boolean, Long> tested = specification.rules().stream()
                    .filter(rule -> !rules.testsOf(rule.id()).isEmpty())
                    .collect(Collectors.partitioningBy(Specification.Entry::isOfRecipes, Collectors.counting()));
            return new Scope(
                    tested.getOrDefault(false, 0L),
                    tested.getOrDefault(true, 0L),
                    specification.rules().stream()
                            .filter(rule ->
                                    !rule.inKit() && rules.testsOf(rule.id()).isEmpty())
                            .count());
        }

        @Override
        public String toString() {
            return spi + " of the SPI, " + recipes + " of the recipes"
                    + (elsewhere == 0
                            ? ""
                            : "; " + elsewhere
                                    + " about Sereno's own recipes are tested by other tests of Sereno's build");
        }
    }

    public static Report of(Kit kit) {
        Map<String, List<Outcome>> outcomes = kit.outcomes().stream()
                .collect(Collectors.groupingBy(outcome -> outcome.test().rule()));
        List<Line> lines = kit.specification().rules().stream()
                .map(rule -> line(kit.rules(), rule, outcomes.getOrDefault(rule.id(), List.of())))
                .toList();
        boolean complete = kit.outcomes().stream()
                .map(Outcome::test)
                .collect(Collectors.toSet())
                .containsAll(kit.rules().tests());
        Optional<Guarantees> guarantees = kit.guarantees();
        return new Report(
                guarantees.map(Guarantees::backend).orElse("unknown"),
                guarantees.map(Guarantees::serverVersion).orElse(""),
                Optional.ofNullable(Kit.class.getPackage().getImplementationVersion())
                        .orElse("development"),
                Runtime.version().toString(),
                kit.seed(),
                complete,
                Scope.of(kit.rules(), kit.specification()),
                complete ? grade(lines) : Grade.NONE,
                lines,
                kit.fixture().waivers().stream()
                        .filter(waiver -> lines.stream()
                                .anyMatch(line -> line.rule().id().equals(waiver.rule())
                                        && line.verdict().isGreen()))
                        .toList());
    }

    private static Line line(RuleSet rules, Specification.Entry rule, List<Outcome> outcomes) {
        if (outcomes.isEmpty()) {
            boolean tried = !rules.testsOf(rule.id()).isEmpty();
            String why = whyUntested(rules, rule);
            return why.isEmpty()
                    ? new Line(rule, Verdict.UNVERIFIED, Map.of(), tried ? "not run" : NO_TEST, "", List.of(), 0)
                    : new Line(rule, Verdict.UNTESTED, Map.of(), why, "", List.of(), 0);
        }
        // A test that does not concern the store has no weight beside others that do, and is no evidence.
        List<Outcome> tried = outcomes.stream()
                .filter(outcome -> outcome.verdict() != Verdict.UNTESTED)
                .toList();
        List<Outcome> counted = tried.isEmpty() ? outcomes : tried;
        Outcome worst =
                counted.stream().max(Comparator.comparing(Outcome::verdict)).orElseThrow();
        Map<String, Long> evidence = new LinkedHashMap<>();
        counted.forEach(outcome -> outcome.evidence().forEach((what, count) -> evidence.merge(what, count, Long::sum)));
        Throwable failure = worst.failure();
        boolean nothingSaid = worst.verdict() == Verdict.VACUOUS || worst.verdict() == Verdict.UNVERIFIED;
        if (nothingSaid && !rule.untested().isEmpty()) {
            return new Line(rule, Verdict.UNTESTED, evidence, rule.untested(), "", List.of(), 0);
        }
        return new Line(
                rule,
                worst.verdict(),
                evidence,
                worst.why().isEmpty() ? notTried(outcomes) : worst.why(),
                failure == null ? "" : String.valueOf(failure.getMessage()),
                counted.stream().map(outcome -> outcome.test().id()).toList(),
                outcomes.stream().mapToLong(Outcome::millis).sum());
    }

    /** The tests of a rule that do not concern the store, as text. */
    private static String notTried(List<Outcome> outcomes) {
        return outcomes.stream()
                .filter(outcome -> outcome.verdict() == Verdict.UNTESTED)
                .map(outcome -> outcome.test().id() + " was not tested: " + outcome.why())
                .collect(Collectors.joining("; "));
    }

    /** Why this run does not test a rule, or empty. */
    private static String whyUntested(RuleSet rules, Specification.Entry rule) {
        if (!rule.untested().isEmpty()) {
            return rule.untested();
        }
        if (!rules.testsOf(rule.id()).isEmpty()) {
            return "";
        }
        if (!rule.inKit()) {
            return "about Sereno's own recipes, which no backend breaks alone: tested by Sereno's own build";
        }
        return rule.alsoTestedBy().isEmpty()
                ? ""
                : "tested by Sereno's own build: " + rule.alsoTestedBy().replace("`", "");
    }

    public static Grade grade(List<Line> lines) {
        boolean core = true;
        boolean faults = true;
        boolean full = true;
        for (Line line : lines) {
            if (!line.verdict().isGreen()) {
                full = false;
                faults &= !line.rule().must();
                core &= !isOfTheCore(line.rule());
            }
        }
        return full ? Grade.FULL : core && faults ? Grade.CORE_AND_FAULTS : core ? Grade.CORE : Grade.NONE;
    }

    /** How many rules have each verdict. */
    Map<Verdict, Long> counts() {
        return rules.stream()
                .collect(Collectors.groupingBy(Line::verdict, java.util.TreeMap::new, Collectors.counting()));
    }

    /** Fails a whole run with a lower grade, or with waivers for rules that hold. */
    public void require(Grade least) {
        if (!waivers.isEmpty()) {
            throw new AssertionError("these rules hold, so their waivers have to go: "
                    + waivers.stream().map(Waiver::rule).collect(Collectors.joining(", ")));
        }
        // The grade shows a gap in the kit, but the gap does not count against the backend.
        List<Line> tried =
                rules.stream().filter(line -> !line.why().equals(NO_TEST)).toList();
        if (complete && grade(tried).compareTo(least) < 0) {
            throw new AssertionError("the grade is " + grade(tried) + ", and has to be " + least
                    + " at least. In the way: "
                    + tried.stream()
                            .filter(line -> !line.verdict().isGreen() && inTheWayOf(least, line.rule()))
                            .map(line -> line.rule().id() + " " + line.verdict() + " (" + line.why() + ")")
                            .collect(Collectors.joining("; ")));
        }
    }

    /**
     * Every MUST without faults, and every MUST of the recipes that the run tests: their faults need no network. In a run
     * of the kit alone these are the runs of the recipes; all other rules of the recipes are UNTESTED.
     */
    private static boolean isOfTheCore(Specification.Entry rule) {
        return rule.must() && (rule.isOfRecipes() || !rule.needsFaults());
    }

    private static boolean inTheWayOf(Grade least, Specification.Entry rule) {
        return switch (least) {
            case NONE -> false;
            case CORE -> isOfTheCore(rule);
            case CORE_AND_FAULTS -> rule.must();
            case FULL -> true;
        };
    }

    public void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("report.json"), ReportText.json(this), UTF_8);
        Files.writeString(folder.resolve("report.md"), ReportText.markdown(this), UTF_8);
        Files.writeString(folder.resolve("report.html"), ReportPage.html(this), UTF_8);
    }
}
