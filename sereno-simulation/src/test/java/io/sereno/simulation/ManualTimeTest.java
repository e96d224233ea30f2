package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ManualTimeTest {
    private final ManualTime time = new ManualTime();
    private final List<String> seen = new ArrayList<>();

    @Test
    void aTaskIsCancelledAlsoWhileItsExecutorKeepsItWaiting() {
        List<Runnable> waiting = new ArrayList<>();
        AtomicBoolean ran = new AtomicBoolean();
        Runnable cancel = time.schedule(Duration.ZERO, waiting::add, () -> ran.set(true));

        time.runDue();
        cancel.run();
        waiting.forEach(Runnable::run);

        assertThat(waiting).hasSize(1);
        assertThat(ran).isFalse();
    }

    @Test
    void standsStillUntilItIsMoved() {
        long before = time.nanoTime();
        assertThat(time.nanoTime()).isEqualTo(before);
        time.advance(Duration.ofMillis(3));
        assertThat(time.nanoTime() - before).isEqualTo(3_000_000);
    }

    @Test
    void overflowsWithinAFewSecondsAndContinues() {
        long before = time.nanoTime();
        time.advance(Duration.ofSeconds(10));
        assertThat(time.nanoTime()).isNegative();
        assertThat(time.nanoTime() - before).isEqualTo(10_000_000_000L);
    }

    @Test
    void runsWhatComesDueInTheOrderOfDueTimesAndOfSchedulingAmongEquals() {
        schedule(20, "late");
        schedule(10, "first of two");
        schedule(10, "second of two");
        schedule(31, "not yet");
        time.advance(Duration.ofMillis(30));
        assertThat(seen).containsExactly("first of two at 10", "second of two at 10", "late at 20");
        assertThat(time.elapsed()).hasMillis(30);
    }

    @Test
    void runsWhatIsScheduledOnTheWay() {
        time.schedule(Duration.ofMillis(10), Runnable::run, () -> {
            schedule(5, "follower");
            schedule(100, "not yet");
        });
        time.advance(Duration.ofMillis(30));
        assertThat(seen).containsExactly("follower at 15");
    }

    @Test
    void neverRunsATaskFromWithinSchedule() {
        schedule(0, "at once");
        time.schedule(Duration.ofMillis(-5), Runnable::run, () -> seen.add("overdue"));
        assertThat(seen).isEmpty();
        time.runDue();
        assertThat(seen).containsExactly("at once at 0", "overdue");
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void aCancelledTaskDoesNotRun() {
        Runnable cancel = schedule(10, "cancelled");
        schedule(10, "other");
        cancel.run();
        cancel.run();
        time.advance(Duration.ofMillis(10));
        assertThat(seen).containsExactly("other at 10");
    }

    @Test
    void handsTasksToTheirExecutorInTheThreadThatMovesTheTime() {
        Executor recording = task -> seen.add(Thread.currentThread().getName());
        time.schedule(Duration.ofMillis(1), recording, () -> seen.add("never, as this executor runs nothing"));
        time.advance(Duration.ofMillis(1));
        assertThat(seen).containsExactly(Thread.currentThread().getName());
    }

    @Test
    void tellsHowLongItIsUntilTheNextTask() {
        assertThat(time.untilNext()).isEmpty();
        schedule(10, "a");
        time.advance(Duration.ofMillis(4));
        assertThat(time.untilNext()).hasValue(Duration.ofMillis(6));
        time.advance(Duration.ofMillis(6));
        assertThat(time.untilNext()).isEmpty();
    }

    @Test
    void aTaskThatThrowsAndAnExecutorThatRefusesCostTheOthersNothing() {
        time.schedule(Duration.ofMillis(10), Runnable::run, () -> {
            throw new IllegalStateException("thrown by a test, to be seen in the log");
        });
        Executor closed = task -> {
            throw new RejectedExecutionException("thrown by a test, to be seen in the log");
        };
        time.schedule(Duration.ofMillis(15), closed, () -> seen.add("refused"));
        schedule(20, "next");
        time.advance(Duration.ofMillis(30));
        assertThat(seen).containsExactly("next at 20");
    }

    @Test
    void anAssertionThatFailsInATaskReachesTheCallerOfAdvance() {
        time.schedule(Duration.ofMillis(10), Runnable::run, () -> {
            throw new AssertionError("by the task");
        });
        schedule(20, "next");
        assertThatThrownBy(() -> time.advance(Duration.ofMillis(30))).hasMessage("by the task");
        assertThat(time.elapsed()).hasMillis(10);
        time.advance(Duration.ofMillis(10));
        assertThat(seen).containsExactly("next at 20");
    }

    @Test
    void theWallClockFollowsAndJumpsWithoutMakingAnythingDue() {
        Instant start = time.wall();
        schedule(1, "a");
        time.jumpWall(Duration.ofHours(1));
        time.jumpWall(Duration.ofHours(-3));
        assertThat(time.wall()).isEqualTo(start.minus(Duration.ofHours(2)));
        assertThat(seen).isEmpty();
        time.advance(Duration.ofSeconds(1));
        assertThat(time.wall()).isEqualTo(start.minus(Duration.ofHours(2)).plusSeconds(1));
    }

    @Test
    void doesNotGoBack() {
        assertThatThrownBy(() -> time.advance(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zero or more");
    }

    private Runnable schedule(int millis, String name) {
        return time.schedule(
                Duration.ofMillis(millis),
                Runnable::run,
                () -> seen.add(name + " at " + time.elapsed().toMillis()));
    }
}
