package io.sereno.tck.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlantedBugsTest {
    private static final int SEEDS = 5;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void eachIsFoundAndNamedRightly(Lie lie) {
        int found = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            HistoryCheck.Findings findings = HistoryCheck.of(Play.of(lie, seed, 6, 60));
            // A lie makes others look like liars: what else is said may be a consequence.
            found += findings.violations().stream()
                            .anyMatch(violation -> lie.rules().contains(violation.rule()))
                    ? 1
                    : 0;
        }
        assertThat(found).as("of %d histories", SEEDS).isGreaterThanOrEqualTo(SEEDS - 1);
    }

    @Test
    void aStoreWithoutBugsRaisesNoAlarm() {
        Map<String, Long> evidence = new TreeMap<>();
        for (int seed = 0; seed < 60; seed++) {
            HistoryCheck.Findings findings = HistoryCheck.of(Play.of(Lie.NONE, seed, 6, 30));
            assertThat(findings.violations()).as("seed %d", seed).isEmpty();
            findings.evidence().forEach((rule, count) -> evidence.merge(rule, count, Long::sum));
        }
        System.out.println(evidence);
    }
}
