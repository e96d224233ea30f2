package io.sereno.recipes.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.LossCause;
import io.sereno.ScheduledTask;
import io.sereno.SerenoClosedException;
import io.sereno.TaskGrant;
import io.sereno.TaskRun;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScheduledTaskTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Clients clients = new Clients();
    private final SerenoClient one = clients.connect("one");

    @AfterEach
    void close() {
        clients.close();
    }

    /** The next run of any node, while time passes. */
    private <T> T next(BlockingQueue<T> runs, Duration atMost) throws InterruptedException {
        clients.passUntil(() -> !runs.isEmpty(), atMost);
        return runs.take();
    }

    @Test
    void oneOfTheNodesBeginsEachDueTimeAndTheyTakeTurns() throws Exception {
        record Run(String node, Instant due, long token) {}
        BlockingQueue<Run> runs = new LinkedBlockingQueue<>();
        for (String node : List.of("a", "b", "c")) {
            var unused = clients.connect(node)
                    .task("x")
                    .every(MINUTE)
                    .run(grant -> runs.add(new Run(node, grant.due(), grant.fencingToken())));
            clients.passUntil(
                    () -> clients.entries("task/x").stream()
                            .anyMatch(entry -> entry.value().toUtf8().contains("node " + node)),
                    MINUTE.dividedBy(60));
        }
        Run before = next(runs, MINUTE.multipliedBy(2));
        for (int i = 0; i < 6; i++) {
            Run run = next(runs, MINUTE.multipliedBy(2));
            assertThat(run.due).isEqualTo(before.due.plus(MINUTE));
            assertThat(run.node).isNotEqualTo(before.node);
            assertThat(run.token).isGreaterThan(before.token);
            before = run;
        }
    }

    @Test
    void aTaskWithADelayBeginsAtOnceAndCountsFromTheEnd() throws Exception {
        BlockingQueue<Instant> runs = new LinkedBlockingQueue<>();
        Instant from = clients.time.wall();
        CountDownLatch end = new CountDownLatch(1);
        ScheduledTask task = one.task("x").withDelay(MINUTE).run(grant -> {
            runs.add(grant.due());
            awaitUninterruptibly(end);
        });
        assertThat(next(runs, MINUTE)).isEqualTo(from);
        clients.passUntil(() -> clients.time.wall().isAfter(from.plus(MINUTE.multipliedBy(3))), MINUTE.multipliedBy(4));
        assertThat(task.lastRun().map(TaskRun::outcome)).contains(TaskRun.Outcome.RUNNING);
        assertThat(runs).isEmpty();
        end.countDown();
        clients.passUntil(
                () -> task.lastRun().orElseThrow().outcome() == TaskRun.Outcome.SUCCEEDED, Duration.ofSeconds(1));
        Instant ended = task.lastRun().orElseThrow().ended().orElseThrow();
        assertThat(next(runs, MINUTE.multipliedBy(2))).isEqualTo(ended.plus(MINUTE));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aBodyThatThrowsHasFailedAndTheNextDueTimeIsBegun() throws Exception {
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        ScheduledTask task = one.task("x")
                .every(MINUTE)
                .ifRunnerLost(ScheduledTask.IfRunnerLost.RUN_AGAIN)
                .run(grant -> {
                    runs.add(grant);
                    throw new IllegalStateException("expected by the test");
                });
        TaskGrant first = next(runs, MINUTE.multipliedBy(2));
        clients.passUntil(() -> task.lastRun().orElseThrow().outcome() != TaskRun.Outcome.RUNNING, MINUTE.dividedBy(2));
        TaskRun ended = task.lastRun().orElseThrow();
        assertThat(ended.outcome()).isEqualTo(TaskRun.Outcome.FAILED);
        assertThat(ended.due()).isEqualTo(first.due());
        assertThat(ended.fencingToken()).isEqualTo(first.fencingToken());
        assertThat(ended.nodeId()).isEqualTo("one");
        assertThat(first.isHeld()).isFalse();
        TaskGrant second = next(runs, MINUTE.multipliedBy(2));
        assertThat(second.due()).isEqualTo(first.due().plus(MINUTE));
        assertThat(second.attempt()).isEqualTo(1);
    }

    @Test
    void aRunWhoseRunnerIsLostIsBegunAgainIfThatIsWanted() throws Exception {
        TaskGrant again = afterALoss(ScheduledTask.IfRunnerLost.RUN_AGAIN);
        assertThat(again.attempt()).isEqualTo(2);
    }

    @Test
    void aRunWhoseRunnerIsLostIsSkipped() throws Exception {
        TaskGrant next = afterALoss(ScheduledTask.IfRunnerLost.SKIP);
        assertThat(next.attempt()).isEqualTo(1);
    }

    private TaskGrant afterALoss(ScheduledTask.IfRunnerLost policy) throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient victim = clients.connect("victim", line);
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        var unused = victim.task("x")
                .every(MINUTE.multipliedBy(10))
                .ifRunnerLost(policy)
                .run(grant -> {
                    runs.add(grant);
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.complete(true);
                    }
                });
        TaskGrant lost = next(runs, MINUTE.multipliedBy(12));
        ScheduledTask other = one.task("x")
                .every(MINUTE.multipliedBy(10))
                .ifRunnerLost(policy)
                .run(runs::add);
        line.cutOff(MINUTE.multipliedBy(2));
        TaskGrant next = next(runs, MINUTE.multipliedBy(12));
        assertThat(lost.isHeld()).isFalse();
        assertThat(lost.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(next.fencingToken()).isGreaterThan(lost.fencingToken());
        boolean skips = policy == ScheduledTask.IfRunnerLost.SKIP;
        assertThat(next.due()).isEqualTo(skips ? lost.due().plus(MINUTE.multipliedBy(10)) : lost.due());
        other.close();
        return next;
    }

    @Test
    void aRunThatAClosingNodeInterruptsIsThatOfALostRunner() throws Exception {
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        ScheduledTask task = one.task("x").withDelay(MINUTE).run(grant -> {
            runs.add(grant);
            awaitUninterruptibly(new CountDownLatch(1));
        });
        TaskGrant first = next(runs, MINUTE);
        task.close();
        assertThat(first.isHeld()).isFalse();
        assertThat(one.task("x").lastRun().orElseThrow().outcome()).isEqualTo(TaskRun.Outcome.LOST);
        assertThat(clients.entries("task/x")).extracting(entry -> entry.name()).containsExactly("last");
        var unused = one.task("x")
                .withDelay(MINUTE)
                .ifRunnerLost(ScheduledTask.IfRunnerLost.RUN_AGAIN)
                .run(runs::add);
        TaskGrant second = next(runs, MINUTE.dividedBy(2));
        assertThat(second.due()).isEqualTo(first.due());
        assertThat(second.attempt()).isEqualTo(2);
    }

    @Test
    void aBodyThatReturnsWhileItsNodeClosesHasSucceeded() throws Exception {
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        ScheduledTask task = one.task("x").withDelay(MINUTE).run(grant -> {
            runs.add(grant);
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // It has nothing more to do.
            }
        });
        var unused = next(runs, MINUTE);
        task.close();
        assertThat(one.task("x").lastRun().orElseThrow().outcome()).isEqualTo(TaskRun.Outcome.SUCCEEDED);
        assertThat(clients.entries("task/x")).extracting(entry -> entry.name()).containsExactly("last");
    }

    @Test
    void aBodyThatReleasesItsGrantKeepsItsPlaceUntilItReturns() throws Exception {
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        CountDownLatch end = new CountDownLatch(1);
        var unused = one.task("x").withDelay(Duration.ofSeconds(1)).run(grant -> {
            grant.release();
            runs.add(grant);
            awaitUninterruptibly(end);
        });
        var unused2 = clients.connect("two")
                .task("x")
                .withDelay(Duration.ofSeconds(1))
                .run(runs::add);
        TaskGrant first = next(runs, MINUTE);
        assertThat(first.isHeld()).isFalse();
        clients.time.advance(MINUTE);
        assertThat(runs).isEmpty();
        end.countDown();
        assertThat(next(runs, MINUTE).fencingToken()).isGreaterThan(first.fencingToken());
    }

    @Test
    void aBodyMayCloseItsTask() throws Exception {
        CompletableFuture<ScheduledTask> task = new CompletableFuture<>();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        task.complete(one.task("x").withDelay(MINUTE).run(grant -> {
            task.join().close();
            closed.complete(true);
        }));
        clients.passUntilDone(closed, MINUTE);
        clients.passUntil(
                () -> one.task("x").lastRun().orElseThrow().outcome() == TaskRun.Outcome.SUCCEEDED,
                Duration.ofSeconds(1));
        clients.passUntil(() -> clients.entries("task/x").size() == 1, Duration.ofSeconds(1));
    }

    @Test
    void aScheduleThatThrowsLetsTheNextNodeBegin() throws Exception {
        BlockingQueue<String> runs = new LinkedBlockingQueue<>();
        var unused = one.task("x")
                .next(after -> {
                    throw new IllegalStateException("expected by the test");
                })
                .run(grant -> runs.add("one"));
        clients.passUntil(() -> clients.entries("task/x").size() == 1, MINUTE);
        var unused2 = clients.connect("two").task("x").every(MINUTE).run(grant -> runs.add("two"));
        assertThat(next(runs, MINUTE.multipliedBy(3))).isEqualTo("two");
    }

    @Test
    void aClockThatIsSetWhileTheNodeWaitsIsNoticed() throws Exception {
        BlockingQueue<Instant> runs = new LinkedBlockingQueue<>();
        var unused = one.task("x").every(Duration.ofDays(1)).run(grant -> runs.add(grant.due()));
        clients.passUntil(() -> clients.entries("task/x").size() == 1, MINUTE);
        clients.time.jumpWall(Duration.ofHours(47));
        Instant due = next(runs, MINUTE);
        assertThat(due).isEqualTo(Instant.parse("2026-01-02T00:00:00Z"));
    }

    @Test
    void whatIsStoredIsForgottenOnDemand() throws Exception {
        BlockingQueue<TaskGrant> runs = new LinkedBlockingQueue<>();
        ScheduledTask task = one.task("x").every(MINUTE).run(runs::add);
        task.forgetRuns();
        var unused = next(runs, MINUTE.multipliedBy(2));
        clients.passUntil(() -> task.lastRun().orElseThrow().ended().isPresent(), Duration.ofSeconds(1));
        task.forgetRuns();
        assertThat(task.lastRun()).isEmpty();
        var unused2 = next(runs, MINUTE.multipliedBy(3));
        assertThat(task.lastRun()).isPresent();
    }

    @Test
    void badArgumentsAreRefusedBeforeAnyRequest() {
        ScheduledTask task = one.task("x");
        for (Duration wrong : List.of(
                Duration.ZERO,
                Duration.ofSeconds(-1),
                Duration.ofNanos(1_500_000),
                ScheduledTask.MAX_PERIOD.plusMillis(1))) {
            assertThatThrownBy(() -> task.every(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("period is " + wrong + "; whole milliseconds from 1 ms to 36500 days are accepted");
            assertThatThrownBy(() -> task.withDelay(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("delay is " + wrong);
        }
        assertThatThrownBy(() -> task.run(grant -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has no schedule; call every, withDelay or next first");
        task.every(MINUTE);
        assertThatThrownBy(() -> task.withDelay(MINUTE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has a schedule already");
        task.run(grant -> {});
        assertThatThrownBy(() -> task.run(grant -> {})).hasMessageContaining("runs already");
        assertThatThrownBy(() -> task.ifRunnerLost(ScheduledTask.IfRunnerLost.SKIP))
                .isInstanceOf(IllegalStateException.class);
        task.close();
        task.close();
        assertThatThrownBy(() -> task.next(after -> Optional.empty())).hasMessageContaining("was closed");
        one.close();
        assertThatThrownBy(() -> one.task("x").every(MINUTE)).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void anEntryOfSomebodyElseIsReported() {
        for (String stored :
                List.of("sereno/1 run\n", "sereno/1 run\ndue soon\nattempt 1\nplace a 1\nnode n\nbegin x\n")) {
            var unused = clients.store
                    .connect(Runnable::run)
                    .commit(Commit.to("task/x").put("last", Bytes.utf8(stored)).build())
                    .toCompletableFuture()
                    .join();
            assertThatThrownBy(() -> one.task("x").lastRun())
                    .isInstanceOf(UnreadableEntryException.class)
                    .hasMessageContaining("an entry that should hold the last run of a task holds");
        }
    }

    @Test
    void aTaskThatDidNotBeginNeedsNoClosing() {
        one.task("x").close();
        assertThat(one.task("x").lastRun()).isEmpty();
        assertThat(one.task("x").lastError()).isEmpty();
        assertThat(one.task("x").name()).isEqualTo("x");
    }
}
