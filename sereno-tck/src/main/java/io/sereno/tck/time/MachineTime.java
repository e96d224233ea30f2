package io.sereno.tck.time;

import io.sereno.spi.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The machine's clocks, a wall clock that can be set for tests, and one daemon thread for timers. */
public final class MachineTime implements TimeSource, AutoCloseable {
    private static final Logger LOG = System.getLogger(MachineTime.class.getName());

    private final AtomicReference<Duration> wallOffset = new AtomicReference<>(Duration.ZERO);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "tck-timer");
        thread.setDaemon(true);
        return thread;
    });

    public MachineTime() {
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // Only a closed timer rejects tasks; tasks that a client left behind then never come due.
        timer.setRejectedExecutionHandler((task, executor) -> {});
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant wall() {
        return Instant.now().plus(wallOffset.get());
    }

    public void jumpWall(Duration by) {
        wallOffset.updateAndGet(offset -> offset.plus(by));
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        ScheduledFuture<?> due = timer.schedule(
                () -> handOver(executor, task), TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    private static void handOver(Executor executor, Runnable task) {
        try {
            executor.execute(task);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a task that was due threw, or its executor refused it", e);
        }
    }

    /** Timers that are neither due nor cancelled. */
    int pending() {
        return timer.getQueue().size();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
