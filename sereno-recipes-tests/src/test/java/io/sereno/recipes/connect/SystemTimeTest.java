package io.sereno.recipes.connect;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SystemTimeTest {
    private final SystemTime time = new SystemTime();

    @AfterEach
    void close() {
        time.close();
    }

    @Test
    void aTaskRunsOnItsExecutorOnceItsDelayIsOver() throws Exception {
        CompletableFuture<Long> ran = new CompletableFuture<>();
        CompletableFuture<String> handedOverBy = new CompletableFuture<>();
        long start = time.nanoTime();

        time.schedule(
                Duration.ofMillis(20),
                task -> {
                    handedOverBy.complete(Thread.currentThread().getName());
                    task.run();
                },
                () -> ran.complete(time.nanoTime()));

        assertThat(Duration.ofNanos(ran.get(10, SECONDS) - start)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
        assertThat(handedOverBy).isCompletedWithValue("sereno-timer");
    }

    @Test
    void aCancelledTaskIsForgottenAndDoesNotRun() throws Exception {
        AtomicBoolean ran = new AtomicBoolean();
        CompletableFuture<Void> later = new CompletableFuture<>();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();

        // The timer is kept busy until all has been cancelled, however long that takes.
        time.schedule(Duration.ZERO, Runnable::run, () -> {
            begun.complete(null);
            cancelled.join();
        });
        begun.get(10, SECONDS);
        time.schedule(Duration.ofMillis(10), Runnable::run, () -> ran.set(true)).run();
        Runnable cancel = time.schedule(Duration.ofDays(1), Runnable::run, () -> ran.set(true));
        cancel.run();
        cancel.run();
        assertThat(time.pending()).isZero();
        cancelled.complete(null);
        time.schedule(Duration.ofMillis(11), Runnable::run, () -> later.complete(null));

        later.get(10, SECONDS);
        assertThat(ran).isFalse();
    }

    /** As with requests, whose limits are set and cancelled. The first of them is due before the thread would look again, and wakes it. */
    @Test
    void tasksThatAreCancelledDoNotWakeTheThreadEachTime() throws Exception {
        CompletableFuture<Thread> timer = new CompletableFuture<>();
        time.schedule(Duration.ZERO, Runnable::run, () -> timer.complete(Thread.currentThread()));
        Thread thread = timer.get(10, SECONDS);
        awaitNextWait(thread, 0);
        long once = waits(thread);
        time.schedule(Duration.ofMinutes(10), Runnable::run, () -> {}).run();
        awaitNextWait(thread, once);
        long before = waits(thread);

        for (int i = 0; i < 1_000; i++) {
            time.schedule(Duration.ofMinutes(10), Runnable::run, () -> {}).run();
        }

        assertThat(waits(thread)).isEqualTo(before);
    }

    /** Waits until the thread waits once more, and for time to pass: where it waits for a lock, it is not TIMED_WAITING. */
    private static void awaitNextWait(Thread thread, long before) {
        while (waits(thread) <= before || thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }

    private static long waits(Thread thread) {
        return ManagementFactory.getThreadMXBean().getThreadInfo(thread.getId()).getWaitedCount();
    }

    @Test
    void aTaskIsCancelledAlsoWhileItsExecutorKeepsItWaiting() throws Exception {
        CompletableFuture<Runnable> waiting = new CompletableFuture<>();
        AtomicBoolean ran = new AtomicBoolean();
        Runnable cancel = time.schedule(Duration.ZERO, waiting::complete, () -> ran.set(true));

        Runnable due = waiting.get(10, SECONDS);
        cancel.run();
        due.run();

        assertThat(ran).isFalse();
    }

    @Test
    void anExecutorThatRejectsAndATaskThatThrowsAreLoggedAndLeaveTheTimerAlive() throws Exception {
        try (LogCapture log = new LogCapture(SystemTime.class)) {
            time.schedule(
                    Duration.ZERO,
                    task -> {
                        throw new RejectedExecutionException("full");
                    },
                    () -> {});
            assertThat(log.next().getThrown()).hasMessage("full");

            time.schedule(Duration.ZERO, Runnable::run, () -> {
                throw new AssertionError("thrown by a task");
            });
            assertThat(log.next().getThrown()).hasMessage("thrown by a task");
        }
        CompletableFuture<Void> later = new CompletableFuture<>();
        time.schedule(Duration.ZERO, Runnable::run, () -> later.complete(null));
        later.get(10, SECONDS);
    }

    /** The text of the task is part of the log line. */
    @Test
    void aTaskWhoseFailureCannotEvenBeLoggedLeavesTheTimerAlive() throws Exception {
        CompletableFuture<Void> refused = new CompletableFuture<>();
        Runnable task = new Runnable() {
            @Override
            public void run() {}

            @Override
            public String toString() {
                throw new IllegalStateException("no text");
            }
        };
        time.schedule(
                Duration.ZERO,
                refusing -> {
                    refused.complete(null);
                    throw new RejectedExecutionException("full");
                },
                task);
        refused.get(10, SECONDS);
        CompletableFuture<Void> later = new CompletableFuture<>();
        time.schedule(Duration.ZERO, Runnable::run, () -> later.complete(null));
        later.get(10, SECONDS);
    }

    @Test
    void anInterruptThatATaskLeavesDoesNotReachTheNextTask() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        CompletableFuture<Void> bothAreDue = new CompletableFuture<>();
        time.schedule(Duration.ZERO, Runnable::run, () -> {
            bothAreDue.join();
            Thread.currentThread().interrupt();
        });
        time.schedule(
                Duration.ZERO,
                task -> interrupted.complete(Thread.currentThread().isInterrupted()),
                () -> {});
        bothAreDue.complete(null);
        assertThat(interrupted.get(10, SECONDS)).isFalse();
    }

    @Test
    void theTimersThreadIsADaemonMadeAtFirstUseAndGoneAfterClose() throws Exception {
        CompletableFuture<Thread> timer = new CompletableFuture<>();

        time.schedule(Duration.ZERO, Runnable::run, () -> timer.complete(Thread.currentThread()));

        assertThat(timer.get(10, SECONDS).isDaemon()).isTrue();
        time.close();
        time.close();
        timer.get().join(SECONDS.toMillis(10));
        assertThat(timer.get().isAlive()).isFalse();
    }

    @Test
    void noThreadIsMadeBeforeATaskIsScheduled() {
        assertThat(time.threads()).isZero();
        assertThat(time.nanoTime()).isLessThanOrEqualTo(time.nanoTime());
        assertThat(time.wall())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
        assertThat(time.threads()).isZero();
    }

    @Test
    void scheduledTasksComeDueAlsoAfterTheCloseAndThenTheThreadEnds() throws Exception {
        CompletableFuture<Thread> before = new CompletableFuture<>();
        CompletableFuture<Thread> after = new CompletableFuture<>();
        time.schedule(Duration.ofMillis(300), Runnable::run, () -> before.complete(Thread.currentThread()));

        time.close();
        assertThat(before.get(10, SECONDS).isDaemon()).isTrue();
        time.schedule(Duration.ofMillis(300), Runnable::run, () -> after.complete(Thread.currentThread()));

        after.get(10, SECONDS).join(SECONDS.toMillis(10));
        assertThat(after.get().isAlive()).isFalse();
        assertThat(time.pending()).isZero();
    }

    @Test
    void aDelayBeyondTheRangeOfNanosecondsIsAVeryLongOne() {
        time.schedule(Duration.ofSeconds(Long.MAX_VALUE), Runnable::run, () -> {})
                .run();
        assertThat(time.pending()).isZero();
    }
}
