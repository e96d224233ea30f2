package io.sereno.tck.history;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.sereno.spi.Write;
import io.sereno.tck.history.Linearizability.Verdict;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The checker that follows the revisions, and the search that knows nothing but the data model, side by side. */
class TwoCheckersTest {
    private static final int FIXED = 2_000;
    private static final int FRESH = 10_000;
    private static final long BUDGET = 5_000_000;

    @Test
    void agreeOnTheSameHistoriesInEveryBuild() {
        compare(20_261_124, FIXED);
    }

    @Test
    void agreeOnRandomHistories() {
        long seed = Long.getLong("sereno.seed", System.nanoTime());
        System.out.println("histories from seed " + seed + "; -Dsereno.seed=" + seed + " repeats them");
        compare(seed, FRESH);
    }

    private static void compare(long seed, int histories) {
        int correct = 0;
        int impossible = 0;
        int missed = 0;
        for (int i = 0; i < histories; i++) {
            Random random = new Random(seed + i);
            History history = SmallHistories.correct(random, 6 + random.nextInt(9), 3);
            boolean corrupted = i % 3 != 0;
            if (corrupted) {
                history = SmallHistories.corrupted(random, history);
            }
            HistoryCheck.Findings findings = HistoryCheck.ofDirectories(history);
            Verdict verdict = DirectoryModel.check(history, BUDGET);
            String where = "history " + (seed + i) + (corrupted ? ", corrupted" : "");
            switch (verdict) {
                case LINEARIZABLE -> {
                    correct++;
                    if (!findings.violations().isEmpty()) {
                        fail("false alarm in " + where + ": " + findings.violations() + text(history));
                    }
                }
                case IMPOSSIBLE -> {
                    impossible++;
                    if (findings.violations().isEmpty()) {
                        missed++;
                        // The faster checker may only miss violations with a commit of unknown outcome whose effect no
                        // read shows.
                        assertThat(hasGhost(history))
                                .as("missed in %s%s", where, text(history))
                                .isTrue();
                    }
                    assertThat(corrupted)
                            .as("%s is right, says who made it%s", where, text(history))
                            .isTrue();
                }
                case UNKNOWN -> fail("the search gave up in " + where);
            }
        }
        System.out.println(
                correct + " right, " + impossible + " impossible, of which the faster checker missed " + missed);
        assertThat(correct).isGreaterThan(histories / 3);
        assertThat(impossible).isGreaterThan(histories / 20);
        assertThat(missed * 50).as("missed of %d", impossible).isLessThanOrEqualTo(impossible);
    }

    private static boolean hasGhost(History history) {
        return history.operations().stream()
                .filter(Operation::isUnknown)
                .anyMatch(unknown -> unknown.commit().stream()
                        .flatMap(commit -> commit.writes().stream())
                        .anyMatch(write -> write instanceof Write.Put || write instanceof Write.Delete));
    }

    private static String text(History history) {
        return history.operations().stream()
                .map(Operation::toString)
                .collect(joining("\n  ", history.snapshotReads() ? "\nsnapshot reads\n  " : "\n  ", ""));
    }
}
