package io.sereno.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.backend.memory.MemoryBackendProvider;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.report.Report;
import io.sereno.tck.report.ReportText;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.rules.SelectedRules;
import io.sereno.tck.rules.Specification;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.run.UnknownPreparation;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The verdicts of the kit for the ends of its tests. */
class VerdictsTest {
    private static final LocalDate FAR = LocalDate.of(2999, 12, 31);

    @Test
    void aRuleThatHeldPassesWithItsEvidence() {
        Outcome outcome = run("holds");
        assertThat(outcome.verdict()).isEqualTo(Verdict.PASS);
        assertThat(outcome.evidence()).containsEntry("checks", 2L);
    }

    @Test
    void aRuleThatLooksAtNothingIsVacuous() {
        assertThat(run("looksAtNothing").verdict()).isEqualTo(Verdict.VACUOUS);
    }

    @Test
    void tooLittleEvidenceIsVacuousAndSaysHowMuchIsNeeded() {
        Outcome outcome = run("seesTooLittle");
        assertThat(outcome.verdict()).isEqualTo(Verdict.VACUOUS);
        assertThat(outcome.why()).contains("notices: 2 seen, at least 5 needed");
    }

    @Test
    void aBrokenRuleShowsRuleStepsAdviceAndHowToRepeatIt() {
        Outcome outcome = run("isBroken");
        assertThat(outcome.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(outcome.failure())
                .hasMessageContaining("READ-4a MUST is broken: is broken")
                .hasMessageContaining("A read of an absent entry, or of an absent directory, MUST return an empty list")
                .hasMessageContaining("seen   the sky is green")
                .hasMessageContaining("commit d: put a -> Committed at 1")
                .hasMessageContaining("check  look out of the window")
                .hasMessageContaining("-Dsereno.tck.rules=READ-4a -Dsereno.tck.seed=7");
    }

    @Test
    void anUnexpectedExceptionFailsItsRuleToo() {
        assertThat(run("crashes").verdict()).isEqualTo(Verdict.FAIL);
        assertThat(run("crashes").why()).contains("ArithmeticException");
    }

    @Test
    void aFixtureThatLacksSomethingLeavesARuleUnverified() {
        Outcome outcome = run("needsAServer");
        assertThat(outcome.verdict()).isEqualTo(Verdict.UNVERIFIED);
        assertThat(outcome.why()).contains("cannot pause its servers");
    }

    @Test
    void preparationsOfUnknownOutcomeStartAgainInAnotherNamespace() {
        Group.beginnings.set(0);
        assertThat(run("hasAnUnknownOutcomeTwice").verdict()).isEqualTo(Verdict.PASS);
        assertThat(Group.beginnings).hasValue(3);
        assertThat(run("alwaysHasAnUnknownOutcome").verdict()).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void aMeasurementSpoiltByAStallIsRepeatedAndReported() {
        Group.beginnings.set(0);
        Outcome outcome = run("isSpoiltTwice");
        assertThat(outcome.verdict()).isEqualTo(Verdict.PASS);
        assertThat(outcome.evidence()).containsEntry("attempts that a stall spoilt", 2L);
        Group.beginnings.set(0);
        assertThat(run("isAlwaysSpoilt").verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(Group.beginnings).hasValue(4);
    }

    @Test
    void tooLittleEvidenceBesideAStandstillIsMeasuredAgain() {
        Group.beginnings.set(0);
        try (Kit kit = new Kit(new Fixture(List.of(), Optional.empty()), SerenoTck.RULES, 7)) {
            Outcome outcome = kit.run(test("seesTooLittleBesideAStandstill"));
            assertThat(outcome.verdict()).isEqualTo(Verdict.PASS);
            assertThat(outcome.evidence())
                    .containsEntry("notices", 5L)
                    .containsEntry("attempts that a stall spoilt", 1L);
        }
    }

    @Test
    void aStandstillBeforeACallCountsIfTheCallDependsOnThatTime() {
        Group.beginnings.set(0);
        try (Kit kit = new Kit(new Fixture(List.of(), Optional.empty()), SerenoTck.RULES, 7)) {
            Outcome outcome = kit.run(test("isLateAfterAStandstill"));
            assertThat(outcome.verdict()).isEqualTo(Verdict.PASS);
            assertThat(outcome.evidence()).containsEntry("attempts that a stall spoilt", 1L);
        }
    }

    @Test
    void aSharedRunThatFailedIsRepeatedByTheNextRule() {
        try (Kit kit = new Kit(new Fixture(List.of()), SerenoTck.RULES, 7)) {
            assertThat(kit.run(test("sharesWhatFails")).verdict()).isEqualTo(Verdict.FAIL);
            assertThat(kit.run(test("sharesWhatItRead")).verdict()).isEqualTo(Verdict.PASS);
        }
    }

    @Test
    void aFailedTestIsNotRunAgain() {
        Group.beginnings.set(0);
        assertThat(run("failsTheFirstTime").verdict()).isEqualTo(Verdict.FAIL);
        assertThat(Group.beginnings).hasValue(1);
    }

    @Test
    void faultsOfADecoratorAreReportedAsSuch() {
        assertThat(run("breaksSomething").verdict()).isEqualTo(Verdict.PASS_SIMULATED);
    }

    @Test
    void aBrokenRuleMayBeWaivedUntilADay() {
        Outcome waived = run("isBroken", new Waiver("READ-4a", "the sky", FAR));
        assertThat(waived.verdict()).isEqualTo(Verdict.WAIVED);
        assertThat(waived.why()).contains("the sky");
        Outcome over = run("isBroken", new Waiver("READ-4a", "the sky", LocalDate.of(2020, 1, 1)));
        assertThat(over.verdict()).isEqualTo(Verdict.FAIL);
    }

    @Test
    void aWaiverThatIsNotNeededFailsTheRun() {
        try (Kit kit = new Kit(new Fixture(List.of(new Waiver("READ-4a", "the sky", FAR))), SerenoTck.RULES, 7)) {
            kit.run(test("holds"));
            Report report = Report.of(kit);
            assertThatThrownBy(() -> report.require(Grade.NONE))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("READ-4a");
        }
    }

    @Test
    void gradesFollowFromWhatIsGreen() {
        assertThat(Report.grade(lines(Map.of()))).isEqualTo(Grade.FULL);
        assertThat(Report.grade(lines(Map.of("COM-8b", Verdict.FAIL)))).isEqualTo(Grade.CORE_AND_FAULTS);
        assertThat(Report.grade(lines(Map.of("OUT-4", Verdict.UNVERIFIED)))).isEqualTo(Grade.CORE);
        assertThat(Report.grade(lines(Map.of("OUT-4", Verdict.WAIVED)))).isEqualTo(Grade.CORE);
        assertThat(Report.grade(lines(Map.of("READ-4a", Verdict.VACUOUS)))).isEqualTo(Grade.NONE);
        assertThat(Report.grade(lines(Map.of("LCK-7", Verdict.UNKNOWN)))).isEqualTo(Grade.NONE);
        assertThat(Report.grade(lines(Map.of("READ-4a", Verdict.UNTESTED)))).isEqualTo(Grade.FULL);
    }

    @Test
    void aRuleOfTheSuiteIsUntestedInARunOfTheKitAlone() {
        try (Kit kit = new Kit(new Fixture(List.of()), SerenoTck.RULES, 7)) {
            Report report = Report.of(kit);
            assertThat(line(report, "LCK-7").verdict()).isEqualTo(Verdict.UNTESTED);
            assertThat(line(report, "LCK-7").why()).contains("tested by Sereno's own build");
            assertThat(line(report, "LCK-1").verdict()).isEqualTo(Verdict.UNVERIFIED);
            assertThat(line(report, "READ-1").verdict()).isEqualTo(Verdict.UNVERIFIED);
        }
    }

    @Test
    void aReportSaysHowManyRulesTheRunCouldTest() {
        try (Kit kit = new Kit(new Fixture(List.of()), SerenoTck.RULES, 7)) {
            Report report = Report.of(kit);
            long suite =
                    report.rules().stream().filter(line -> !line.rule().inKit()).count();
            assertThat(suite).isPositive();
            assertThat(report.scope().elsewhere()).isEqualTo(suite);
            assertThat(report.scope().spi() + report.scope().recipes())
                    .isEqualTo(SerenoTck.RULES.tests().stream()
                            .map(RuleTest::rule)
                            .distinct()
                            .count());
            assertThat(ReportText.json(report))
                    .contains("\"elsewhere\": " + suite, "\"half\": \"kit\"", "\"half\": \"suite\"");
        }
    }

    @Test
    void rulesOfTheSuiteDoNotCountInARunOfTheKitAlone() {
        List<Report.Line> alone = lines(Map.of()).stream()
                .map(line -> line.rule().inKit()
                        ? line
                        : new Report.Line(line.rule(), Verdict.UNTESTED, Map.of(), "", "", List.of(), 0))
                .toList();
        assertThat(Report.grade(alone)).isEqualTo(Grade.FULL);
        assertThat(Report.grade(lines(Map.of("LCK-1", Verdict.FAIL)))).isEqualTo(Grade.NONE);
    }

    @Test
    void aRunOfSomeRulesHasNoGradeAndNeedsNone() {
        try (Kit kit = new Kit(new Fixture(List.of()), SerenoTck.RULES, 7)) {
            kit.run(test("holds"));
            Report report = Report.of(kit);
            assertThat(report.complete()).isFalse();
            assertThat(report.grade()).isEqualTo(Grade.NONE);
            report.require(Grade.FULL);
            assertThat(ReportText.json(report)).contains("\"grade\": \"none\"", "\"seed\": 7");
        }
    }

    @Test
    void rulesAreSelectedByNumberOrGroup() {
        SelectedRules selected = new SelectedRules(List.of("READ-4", "WAT"));
        assertThat(Stream.of("READ-4a", "READ-4b", "WAT-10").allMatch(selected::includes))
                .isTrue();
        assertThat(Stream.of("READ-40", "READ-5a", "COM-4").anyMatch(selected::includes))
                .isFalse();
        assertThat(new SelectedRules(List.of()).includes("COM-4")).isTrue();
    }

    @Test
    void anyTextIsQuotedForJson() {
        assertThat(ReportText.quoted("a\"b\\c\nd\te\u0001")).isEqualTo("\"a\\\"b\\\\c\\nd\\u0009e\\u0001\"");
    }

    private static Report.Line line(Report report, String rule) {
        return report.rules().stream()
                .filter(line -> line.rule().id().equals(rule))
                .findFirst()
                .orElseThrow();
    }

    private static List<Report.Line> lines(Map<String, Verdict> others) {
        return Specification.shipped().rules().stream()
                .map(rule -> new Report.Line(
                        rule, others.getOrDefault(rule.id(), Verdict.PASS), Map.of(), "", "", List.of(), 0))
                .toList();
    }

    private static Outcome run(String method, Waiver... waivers) {
        try (Kit kit = new Kit(new Fixture(List.of(waivers)), SerenoTck.RULES, 7)) {
            return kit.run(test(method));
        }
    }

    private static RuleTest test(String name) {
        Method method = Stream.of(Group.class.getDeclaredMethods())
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow();
        return RuleTest.of(method).get(0);
    }

    /** Not a test class by itself. */
    static final class Group {
        static final AtomicInteger beginnings = new AtomicInteger();

        private static final String CHECK = "look out of the window";
        private static final Duration HOUR = Duration.ofHours(1);

        @Rule(value = "READ-4a", check = CHECK)
        void holds(Bench bench) {
            bench.verify(true, () -> "never said");
            bench.same("one", 1, 1);
        }

        @Rule(value = "READ-4a", check = CHECK)
        void looksAtNothing(Bench bench) {}

        @Rule(value = "READ-4a", check = CHECK)
        void seesTooLittle(Bench bench) {
            bench.evidence("notices", 2, 5);
        }

        @Rule(value = "READ-4a", check = CHECK)
        void seesTooLittleBesideAStandstill(Bench bench) {
            if (beginnings.incrementAndGet() == 1) {
                bench.kit().stalls().add(System.nanoTime(), 300_000_000);
                bench.evidence("notices", 2, 5);
            }
            bench.evidence("notices", 5, 5);
        }

        @Rule(value = "READ-4a", check = CHECK)
        void isLateAfterAStandstill(Bench bench) {
            if (beginnings.incrementAndGet() == 1) {
                bench.kit().stalls().add(bench.now() - HOUR.toNanos() * 3 / 2, 300_000_000);
                bench.within(Duration.ofMillis(1), bench.now() - HOUR.toNanos(), HOUR, "a call");
            }
            bench.verified();
        }

        @Rule(value = "READ-4a", check = CHECK)
        void sharesWhatFails(Bench bench) {
            Client client = bench.client();
            bench.shared(Snapshot.class, () -> {
                client.all("d");
                throw new RuleFailure("the sky is green");
            });
        }

        @Rule(value = "READ-4a", check = CHECK)
        void sharesWhatItRead(Bench bench) {
            Client client = bench.client();
            bench.same(
                    "entries",
                    0,
                    bench.shared(Snapshot.class, () -> client.read(new Query.All("d")))
                            .entries()
                            .size());
        }

        @Rule(value = "READ-4a", check = CHECK)
        void isBroken(Bench bench) {
            bench.client().put("d", "a", "1");
            bench.verify(false, () -> "the sky is green");
        }

        @Rule(value = "READ-4a", check = CHECK)
        void crashes(Bench bench) {
            bench.same("division", 1, 1 / bench.namespace().indexOf("tck"));
        }

        @Rule(value = "READ-4a", check = CHECK)
        void needsAServer(Bench bench) {
            bench.server(ServerControl.Ability.PAUSE);
        }

        @Rule(value = "READ-4a", check = CHECK)
        void hasAnUnknownOutcomeTwice(Bench bench) {
            if (beginnings.incrementAndGet() < 3) {
                throw new UnknownPreparation("a commit ended UNKNOWN");
            }
            bench.verified();
        }

        @Rule(value = "READ-4a", check = CHECK)
        void alwaysHasAnUnknownOutcome(Bench bench) {
            if (bench.namespace().startsWith("tck")) {
                throw new UnknownPreparation("a commit ended UNKNOWN");
            }
        }

        @Rule(value = "READ-4a", check = CHECK)
        void isSpoiltTwice(Bench bench) {
            int attempt = beginnings.incrementAndGet();
            bench.same("the ttl of attempt " + attempt, Duration.ofSeconds(1L << (attempt - 1)), bench.shortTtl());
            if (attempt < 3) {
                throw bench.unknown("this machine stood still");
            }
        }

        @Rule(value = "READ-4a", check = CHECK)
        void isAlwaysSpoilt(Bench bench) {
            beginnings.incrementAndGet();
            throw bench.unknown("this machine stood still");
        }

        @Rule(value = "READ-4a", check = CHECK)
        void failsTheFirstTime(Bench bench) {
            bench.verify(beginnings.incrementAndGet() > 1, () -> "the first try fails");
        }

        @Rule(value = "READ-4a", check = CHECK)
        void breaksSomething(Bench bench) {
            Faulty faulty = bench.faulty();
            faulty.faults().cutOff();
            bench.verify(!faulty.read("d").succeeded(), () -> "a read succeeded with the network cut");
        }
    }

    private record Fixture(List<Waiver> waivers, Optional<ManualTime> clock) implements BackendFixture {
        Fixture(List<Waiver> waivers) {
            this(waivers, Optional.of(new ManualTime()));
        }

        @Override
        public Backend connect(BackendConfig config) {
            return new MemoryBackendProvider().open(config);
        }

        @Override
        public boolean inProcess() {
            return true;
        }
    }
}
