package io.sereno.tck;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryBackendProvider;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Entry;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How the kit handles commits that a store ends as UNKNOWN, though the kit made no fault. */
class UnknownCommitsTest {
    @Test
    void anAppliedCommitIsSettledByItsPut() {
        withClient(List.of(Fate.loseReply()), (bench, client) -> {
            long revision = client.put("d", "a", "1");
            assertThat(client.present("d", "a").modRevision()).isEqualTo(revision);
            assertThat(bench.unknownCommits().open()).isEmpty();
        });
    }

    @Test
    void aLateCommitIsWaitedForAndNotSentAgain() {
        withClient(List.of(Fate.applyLate(Duration.ofSeconds(1))), (bench, client) -> {
            client.put("d", "a", "1");
            bench.pass(Duration.ofSeconds(5));
            Entry entry = client.present("d", "a");
            assertThat(entry.modRevision()).isEqualTo(entry.createRevision());
            assertThat(bench.unknownCommits().open()).isEmpty();
        });
    }

    @Test
    void aLostCommitIsSentAgainAndStaysUnknown() {
        withClient(List.of(Fate.loseRequest()), (bench, client) -> {
            assertThat(client.put("d", "a", "1"))
                    .isEqualTo(client.present("d", "a").modRevision());
            assertThat(bench.unknownCommits().open())
                    .hasValueSatisfying(
                            open -> assertThat(open).contains("put a").contains("UNKNOWN"));
        });
    }

    @Test
    void aFormerEntryIsNotTakenForTheCommit() {
        withClient(List.of(Fate.pass(), Fate.loseRequest()), (bench, client) -> {
            long first = client.put("d", "a", "1");
            assertThat(client.put("d", "a", "1")).isGreaterThan(first);
        });
    }

    @Test
    void aFailureAfterAnUnknownOutcomeStartsTheTestAgain() {
        try (Kit kit = new Kit(new Fixture(List.of(Fate.loseRequest())), SerenoTck.RULES, 7)) {
            assertThat(kit.run(test("expectsOnePut")).verdict()).isEqualTo(Verdict.PASS);
        }
        try (Kit kit = new Kit(new Fixture(List.of()), SerenoTck.RULES, 7)) {
            assertThat(kit.run(test("expectsWhatIsNot")).verdict()).isEqualTo(Verdict.FAIL);
        }
    }

    @Test
    void aFailureInEachAttemptIsNotDueToAnUnknownOutcome() {
        try (Kit kit = new Kit(new Fixture(Collections.nCopies(1_000, Fate.loseRequest()), 1), SerenoTck.RULES, 7)) {
            Outcome outcome = kit.run(test("expectsWhatIsNot"));
            assertThat(outcome.verdict()).isEqualTo(Verdict.FAIL);
            assertThat(outcome.why()).contains("in each of 41 attempts").contains("the number of entries is 1");
            assertThat(outcome.failure()).hasCauseInstanceOf(RuleFailure.class);
        }
        // A failure that differs each time may be caused by them.
        try (Kit kit = new Kit(new Fixture(Collections.nCopies(1_000, Fate.loseRequest()), 1), SerenoTck.RULES, 7)) {
            assertThat(kit.run(test("expectsSomethingElseEachTime")).verdict()).isEqualTo(Verdict.UNKNOWN);
        }
    }

    private static RuleTest test(String name) {
        return Arrays.stream(Group.class.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .flatMap(method -> RuleTest.of(method).stream())
                .findFirst()
                .orElseThrow();
    }

    /** Not a test class by itself. */
    static final class Group {
        @Rule(value = "READ-4a", check = "nothing")
        void expectsOnePut(Bench bench) {
            Client client = bench.client();
            client.put("d", "a", "1");
            bench.verify(bench.unknownCommits().open().isEmpty(), () -> "the late commit stood in the way");
        }

        @Rule(value = "READ-4a", check = "nothing")
        void expectsWhatIsNot(Bench bench) {
            bench.client().put("d", "a", "1");
            bench.same("the number of entries", 2, bench.judge().all("d").size());
        }

        @Rule(value = "READ-4a", check = "nothing")
        void expectsSomethingElseEachTime(Bench bench) {
            bench.client().put("d", "a", "1");
            throw new RuleFailure("it is " + (bench.namespace().hashCode() % 2 == 0 ? "so" : "otherwise"));
        }
    }

    private interface Tried {
        void run(Bench bench, Client client);
    }

    private static void withClient(List<Fate> fates, Tried tried) {
        try (Kit kit = new Kit(new Fixture(fates), SerenoTck.RULES, 7);
                Bench bench = new Bench(kit, "unknown", 7)) {
            tried.run(bench, bench.client());
        }
    }

    /** Decides about the first commits of all, or of each client. */
    private static final class Fixture implements BackendFixture {
        private final ManualTime time = new ManualTime();
        private final Deque<Fate> fates;
        private final int ofEach;

        Fixture(List<Fate> fates) {
            this(fates, fates.size());
        }

        Fixture(List<Fate> fates, int ofEach) {
            this.fates = new ArrayDeque<>(fates);
            this.ofEach = ofEach;
        }

        @Override
        public Backend connect(BackendConfig config) {
            FaultyBackend faulty = new FaultyBackend(new MemoryBackendProvider().open(config), time, config.executor());
            for (int i = 0; i < ofEach && !fates.isEmpty(); i++) {
                faulty.next(Request.commits(), fates.removeFirst());
            }
            return faulty;
        }

        @Override
        public boolean inProcess() {
            return true;
        }

        @Override
        public Optional<ManualTime> clock() {
            return Optional.of(time);
        }
    }
}
