package io.sereno.spi;

import static java.util.Objects.requireNonNull;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The machine's clock, and daemon threads for timers and listeners: for a backend that is opened over a client of the application,
 * without a {@link BackendConfig}. A backend that has a configuration takes {@link BackendConfig#time()} and
 * {@link BackendConfig#executor()}.
 *
 * <p>There is nothing to close: threads are created when they are needed, and end after a second without work. A task may block
 * without delaying another. No method blocks. Instances are safe for use by multiple threads.
 */
public final class OwnThreads implements TimeSource, Executor {
    private static final Logger LOG = System.getLogger(OwnThreads.class.getName());

    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor tasks;

    /**
     * Makes a source of threads, which has none yet.
     *
     * @param name the beginning of the threads' names, such as {@code sereno-etcd}
     */
    public OwnThreads(String name) {
        requireNonNull(name, "name");
        timer = new ScheduledThreadPoolExecutor(1, daemons(name + "-timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(1, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        tasks = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons(name + "-callback"));
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(null, task, name, 0, false);
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
        requireNonNull(executor, "executor");
        requireNonNull(task, "task");
        // convert() saturates where Duration.toNanos() throws.
        long nanos = Math.max(0, TimeUnit.NANOSECONDS.convert(delay));
        var timed = timer.schedule(() -> handOver(executor, task), nanos, TimeUnit.NANOSECONDS);
        return () -> timed.cancel(false);
    }

    private static void handOver(Executor executor, Runnable task) {
        try {
            executor.execute(() -> run(task));
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "the executor refused a task that is due; the task does not run: " + task, e);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "a task failed: " + task, e);
        }
    }

    @Override
    public void execute(Runnable task) {
        requireNonNull(task, "task");
        tasks.execute(() -> run(task));
    }
}
