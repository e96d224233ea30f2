package io.sereno.tck;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryBackendProvider;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import io.sereno.tck.faults.AboveTheNetwork;
import io.sereno.tck.faults.Between;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** What the kit says of correct clients that are unlike those of Sereno, and how it names what a client left behind. */
class FalseAlarmsTest {
    @Test
    void aCommitThatWaitedForAConnectionMayEndAsNotApplied() {
        try (Kit kit = new Kit(new Fixture((backend, executor) -> backend), SerenoTck.RULES, 7)) {
            for (String name : List.of("anUnknownCommitIsAppliedAtMostOnce", "closeEndsWhatIsUnderWay")) {
                Outcome outcome = kit.run(test(name));
                assertThat(outcome.verdict()).as(outcome.toString()).isEqualTo(Verdict.PASS_SIMULATED);
            }
        }
    }

    @Test
    void aThreadThatIsLeftIsNamedWithItsClientAndItsStack() {
        CountDownLatch over = new CountDownLatch(1);
        BiFunction<Backend, Executor, Backend> leavesAThread = (backend, executor) -> {
            Thread thread = new Thread(() -> await(over), "left-behind");
            thread.setDaemon(true);
            thread.start();
            return backend;
        };
        try (Kit kit = new Kit(new Fixture(leavesAThread), SerenoTck.RULES, 7)) {
            assertThat(kit.run(test("oneHundredClientsLeaveNothingInTheProcess"))
                            .failure())
                    .hasMessageContaining("left-behind (of client 1), left-behind (of client 2)")
                    .hasMessageContaining("FalseAlarmsTest.await(FalseAlarmsTest.java");
        } finally {
            over.countDown();
        }
    }

    @Test
    void aListenerMayBeNotifiedBeforeItsWatchIsLive() {
        try (Kit kit = new Kit(new Fixture(Eager::new), SerenoTck.RULES, 7)) {
            Outcome outcome = kit.run(test("closeIsIdempotentAndCallableAnywhere"));
            assertThat(outcome.verdict()).as(outcome.toString()).isEqualTo(Verdict.PASS);
        }
    }

    private static void await(CountDownLatch over) {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static RuleTest test(String method) {
        return SerenoTck.RULES.tests().stream()
                .filter(test -> test.method().getName().equals(method))
                .findFirst()
                .orElseThrow();
    }

    /** A pool that has no connection for two commits: they are not sent. */
    private static final class Pool extends Between {
        private final CompletableFuture<CommitResult> waiting = new CompletableFuture<>();
        private final ManualTime time;
        private final Executor executor;

        Pool(Backend below, ManualTime time, Executor executor) {
            super(below);
            this.time = time;
            this.executor = executor;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (commit.writes().stream().map(Write::name).noneMatch(name -> name.equals("late") || name.equals("a"))) {
                return super.commit(commit);
            }
            time.schedule(Duration.ofSeconds(1), executor, () -> fail("no connection came free"));
            return waiting.minimalCompletionStage();
        }

        private void fail(String why) {
            waiting.completeExceptionally(new BackendException(BackendException.Outcome.NOT_APPLIED, false, why, null));
        }

        @Override
        public void close() {
            fail("closed");
            super.close();
        }
    }

    /** Announces a reset when a watch begins, before the watch is live. */
    private static final class Eager extends Between {
        private final Executor executor;

        Eager(Backend below, Executor executor) {
            super(below);
            this.executor = executor;
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return CompletableFuture.runAsync(listener::reset, executor)
                    .thenCompose(notified -> super.watch(target, listener));
        }
    }

    private record Fixture(BiFunction<Backend, Executor, Backend> around, Optional<ManualTime> clock)
            implements BackendFixture, AboveTheNetwork {
        Fixture(BiFunction<Backend, Executor, Backend> around) {
            this(around, Optional.of(new ManualTime()));
        }

        @Override
        public Backend connect(BackendConfig config) {
            return around.apply(new MemoryBackendProvider().open(config), config.executor());
        }

        @Override
        public Backend above(Backend network, Executor executor) {
            return new Pool(network, clock.orElseThrow(), executor);
        }

        @Override
        public boolean inProcess() {
            return true;
        }
    }
}
