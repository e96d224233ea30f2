package io.sereno.shedlock;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The machine's clocks and the JDK's timer. The API of Sereno gives out no clock, and its own has the same readings. */
enum SystemTimers implements TimeSource {
    TIME;

    /** A thread for each task: a lock that is due is released once, and may wait for the store. */
    static final Executor THREADS = task -> {
        Thread thread = new Thread(task, "sereno-shedlock");
        thread.setDaemon(true);
        thread.start();
    };

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant wall() {
        return Instant.now();
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        CompletableFuture<Boolean> timer = new CompletableFuture<>();
        var unused = timer.thenRunAsync(task, executor);
        timer.completeOnTimeout(true, Math.max(0, TimeUnit.NANOSECONDS.convert(delay)), TimeUnit.NANOSECONDS);
        return () -> timer.cancel(false);
    }
}
