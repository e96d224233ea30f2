package io.sereno.backend.etcd;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's clock, as an application has it; real servers use no other. */
final class RealTime implements TimeSource {
    static final RealTime INSTANCE = new RealTime();

    static final Executor CALLBACKS = Executors.newCachedThreadPool(task -> daemon("test-callback", task));

    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(1, task -> daemon("test-timer", task));

    private RealTime() {
        timer.setRemoveOnCancelPolicy(true);
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant wall() {
        throw new AssertionError("the backend asked for the wall clock");
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        ScheduledFuture<?> due = timer.schedule(() -> executor.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    /** Timers that are neither due nor cancelled. */
    int pending() {
        return timer.getQueue().size();
    }
}
