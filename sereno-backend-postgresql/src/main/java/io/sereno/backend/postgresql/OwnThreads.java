package io.sereno.backend.postgresql;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's clock, and threads for callbacks, for a backend that is given neither. */
final class OwnThreads implements TimeSource, Executor, AutoCloseable {
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, named("sereno-postgresql-timer"), new ThreadPoolExecutor.DiscardPolicy());
    /** A callback may block without delaying another. */
    private final ThreadPoolExecutor callbacks = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), named("sereno-postgresql-callback"));

    OwnThreads() {
        timer.setRemoveOnCancelPolicy(true);
    }

    private static ThreadFactory named(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
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
        var timed = timer.schedule(() -> executor.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> timed.cancel(false);
    }

    @Override
    public void execute(Runnable task) {
        callbacks.execute(task);
    }

    /** Timers end. Tasks under way go on, and idle threads end after a second. */
    @Override
    public void close() {
        timer.shutdownNow();
    }
}
