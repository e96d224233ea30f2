package io.sereno.blocking;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The threads of a backend, and the only place where they are made and waited for. */
final class Threads {
    /** How long closing waits for threads: they end when their connection is given up. */
    private static final long PATIENCE_NANOS = Duration.ofMillis(1500).toNanos();

    private final String name;
    private final ThreadFactory factory;

    Threads(String name, ThreadFactory factory) {
        this.name = name;
        this.factory = factory;
    }

    /** Inherits nothing from the thread that happens to make it. */
    static Thread plain(Runnable task) {
        return new Thread(null, task, "sereno", 0, false);
    }

    /** Not started. Its {@code start()} throws an {@link Error} if the machine has no thread left. */
    Thread make(String purpose, Runnable task) {
        Thread thread = factory.newThread(task);
        thread.setName("sereno-" + name + "-" + purpose);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Runs a callback on the executor, whatever that throws, and never in this thread: it may be that of a connection or
     * that of a clock, and the callback may block.
     */
    void callBack(Executor executor, Runnable callback) {
        Thread here = Thread.currentThread();
        boolean[] handingOver = {true};
        try {
            executor.execute(() -> {
                // Read in the thread that writes it only.
                if (Thread.currentThread() == here && handingOver[0]) {
                    inOwnThread(() -> executeOrRun(executor, callback));
                } else {
                    callback.run();
                }
            });
        } catch (RuntimeException | Error e) {
            warn(e);
            inOwnThread(callback);
        } finally {
            handingOver[0] = false;
        }
    }

    private static void executeOrRun(Executor executor, Runnable callback) {
        try {
            executor.execute(callback);
        } catch (RuntimeException | Error e) {
            warn(e);
            callback.run();
        }
    }

    private void inOwnThread(Runnable task) {
        try {
            make("callback", task).start();
        } catch (RuntimeException | Error e) {
            Connections.LOG.log(
                    Level.WARNING, "no thread can be started; a callback runs in a thread of the backend", e);
            task.run();
        }
    }

    private static void warn(Throwable refusal) {
        // Usually a RejectedExecutionException; but whatever an application's executor throws, the stage completes.
        Connections.LOG.log(
                Level.WARNING,
                "the callback executor refused a callback; the callback runs in a thread of the backend",
                refusal);
    }

    /** Waits until this thread is unparked, or returns earlier without a reason. */
    static void park(Object reason) {
        LockSupport.park(reason);
    }

    /** Waits until these threads have ended, except the caller's own; at most until this moment of the machine's clock. */
    static void join(List<Thread> threads, long end) {
        try {
            for (Thread thread : threads) {
                if (thread != Thread.currentThread()) {
                    // Zero would mean for ever.
                    thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** When the wait for threads ends that begins now: in 1.5 s. */
    static long endOfPatience() {
        return System.nanoTime() + PATIENCE_NANOS;
    }
}
