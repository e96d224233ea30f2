package io.sereno.recipes.connect;

import io.sereno.spi.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The machine's clocks, and one daemon thread, created at first use, that hands due tasks to their executors.
 *
 * <p>The timer survives all that a task or its executor does; their exceptions are logged. {@link #close()} means that no more tasks are
 * expected: the thread ends as soon as nothing is scheduled. Tasks still scheduled come due, since callers may wait for them: a call that was
 * under way at the close ends in its time.
 */
final class SystemTime implements TimeSource, AutoCloseable {
    private static final Logger LOG = System.getLogger(SystemTime.class.getName());
    /** How long the thread of a closed timer waits for more tasks. */
    private static final long LAST_LOOK_MILLIS = 100;

    private final ScheduledThreadPoolExecutor timer;

    SystemTime() {
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(null, task, "sereno-timer", 0, false);
            thread.setDaemon(true);
            return thread;
        });
        // A long wait that ended early must not keep its recipe in memory until its time is over.
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(LAST_LOOK_MILLIS, TimeUnit.MILLISECONDS);
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
        Timed timed = new Timed(task);
        // convert() saturates where Duration.toNanos() throws.
        ScheduledFuture<?> due = timer.schedule(
                () -> handOver(executor, timed), TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
        return () -> {
            timed.cancelled = true;
            due.cancel(false);
        };
    }

    /** May be cancelled after it was handed over, until its executor runs it. */
    private static final class Timed implements Runnable {
        private final Runnable task;
        private volatile boolean cancelled;

        Timed(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (!cancelled) {
                task.run();
            }
        }

        @Override
        public String toString() {
            return task.toString();
        }
    }

    private static void handOver(Executor executor, Runnable task) {
        try {
            executor.execute(() -> run(task));
        } catch (Throwable e) {
            LOG.log(Level.ERROR, "the executor refused a task that is due; the task does not run: " + task, e);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LOG.log(Level.ERROR, "a timed task failed: " + task, e);
        }
    }

    /** Tasks that are neither due nor cancelled. */
    int pending() {
        return timer.getQueue().size();
    }

    boolean isClosed() {
        return timer.allowsCoreThreadTimeOut();
    }

    int threads() {
        return timer.getPoolSize();
    }

    @Override
    public void close() {
        timer.allowCoreThreadTimeOut(true);
    }
}
