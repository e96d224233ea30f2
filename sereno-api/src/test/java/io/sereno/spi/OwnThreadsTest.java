package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OwnThreadsTest {
    private final OwnThreads threads = new OwnThreads("own");

    private final CompletableFuture<Thread> ran = new CompletableFuture<>();

    @Test
    void aTimedTaskRunsInItsExecutorAndNotEarly() throws Exception {
        long begun = threads.nanoTime();
        threads.schedule(Duration.ofMillis(20), threads, () -> ran.complete(Thread.currentThread()));
        Thread thread = ran.get();
        assertThat(threads.nanoTime() - begun)
                .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
        assertThat(thread.getName()).isEqualTo("own-callback");
        assertThat(thread.isDaemon()).isTrue();
    }

    @Test
    void aCancelledTaskDoesNotRunAndNoDelayIsTooLong() throws Exception {
        Runnable cancel = threads.schedule(Duration.ofMillis(50), threads, () -> ran.complete(Thread.currentThread()));
        cancel.run();
        threads.schedule(Duration.ofSeconds(Long.MAX_VALUE), threads, () -> ran.complete(Thread.currentThread()));
        CompletableFuture<Boolean> later = new CompletableFuture<>();
        threads.schedule(Duration.ofMillis(100), Runnable::run, () -> later.complete(true));
        assertThat(later.get()).isTrue();
        assertThat(ran).isNotDone();
    }

    @Test
    void aTaskThatFailsOrIsRefusedDelaysNoOther() throws Exception {
        threads.schedule(
                Duration.ZERO,
                refusing -> {
                    throw new IllegalStateException("refused, for this test");
                },
                () -> {});
        threads.execute(() -> {
            throw new IllegalStateException("failed, for this test");
        });
        CompletableFuture<Boolean> blocking = new CompletableFuture<>();
        threads.execute(blocking::join);
        threads.schedule(Duration.ofMillis(1), threads, () -> ran.complete(Thread.currentThread()));
        assertThat(ran.get()).isNotNull();
        blocking.complete(true);
    }

    @Test
    void theThreadsEndWithoutWork() throws Exception {
        CompletableFuture<Thread> timer = new CompletableFuture<>();
        threads.schedule(Duration.ZERO, Runnable::run, () -> timer.complete(Thread.currentThread()));
        threads.execute(() -> ran.complete(Thread.currentThread()));
        timer.get().join(TimeUnit.SECONDS.toMillis(10));
        ran.get().join(TimeUnit.SECONDS.toMillis(10));
        assertThat(timer.get().isAlive()).isFalse();
        assertThat(ran.get().isAlive()).isFalse();
    }
}
