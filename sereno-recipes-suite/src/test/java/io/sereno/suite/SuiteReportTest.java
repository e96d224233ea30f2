package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.tck.SerenoTck;
import io.sereno.tck.Verdict;
import io.sereno.tck.report.Report;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.run.Kit;
import org.junit.jupiter.api.Test;

/** A run of kit and suite needs the rules of the recipes for its grade; a run of the kit alone does not. */
class SuiteReportTest {
    @Test
    void aRunOfTheSuiteNeedsTheRulesAboutTheRecipes() {
        assertThat(verdictOfLck7(RecipesSuite.RULES)).isEqualTo(Verdict.UNVERIFIED);
        assertThat(verdictOfLck7(RuleSet.of(SerenoTck.class))).isEqualTo(Verdict.UNTESTED);
    }

    @Test
    void itsReportSaysHowManyRulesItCouldTest() {
        Report.Scope kit = report(RuleSet.of(SerenoTck.class)).scope();
        Report.Scope both = report(RecipesSuite.RULES).scope();
        assertThat(both.spi()).isEqualTo(kit.spi());
        assertThat(both.recipes()).isGreaterThan(kit.recipes());
        assertThat(both.recipes() + both.elsewhere()).isEqualTo(kit.recipes() + kit.elsewhere());
    }

    private static Verdict verdictOfLck7(RuleSet rules) {
        return report(rules).rules().stream()
                .filter(line -> line.rule().id().equals("LCK-7"))
                .findFirst()
                .orElseThrow()
                .verdict();
    }

    /** The report of a run in which no test was run yet. */
    private static Report report(RuleSet rules) {
        try (Kit kit = new Kit(new MemorySuiteTest.MemoryFixture(), rules, 7)) {
            return Report.of(kit);
        }
    }
}
