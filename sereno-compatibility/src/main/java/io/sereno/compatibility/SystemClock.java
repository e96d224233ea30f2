package io.sereno.compatibility;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The machine's time; the time of day may be ahead of it. */
record SystemClock(Duration ahead) implements TimeSource {
    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant wall() {
        return Instant.now().plus(ahead);
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        Executor delayed =
                CompletableFuture.delayedExecutor(Math.max(delay.toNanos(), 1), TimeUnit.NANOSECONDS, executor);
        CompletableFuture<Void> run = CompletableFuture.runAsync(task, delayed);
        return () -> run.cancel(false);
    }
}
