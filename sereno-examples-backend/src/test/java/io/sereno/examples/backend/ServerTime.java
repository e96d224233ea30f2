package io.sereno.examples.backend;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's clock, by which the server ends leases. */
final class ServerTime implements TimeSource, AutoCloseable {
    private final ScheduledThreadPoolExecutor timers;

    ServerTime() {
        timers = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tck-shelf-timers");
            thread.setDaemon(true);
            return thread;
        });
        timers.setRemoveOnCancelPolicy(true);
    }

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
        var timer = timers.schedule(() -> executor.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> timer.cancel(false);
    }

    /** Runs a task every second. */
    void everySecond(Runnable task) {
        var unused = timers.scheduleAtFixedRate(task, 1, 1, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        timers.shutdownNow();
    }
}
