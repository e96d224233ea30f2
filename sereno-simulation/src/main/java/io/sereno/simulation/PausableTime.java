package io.sereno.simulation;

import io.sereno.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The time of a process that can be paused: the clock goes on, but no task runs until the process resumes. Then all
 * tasks that came due meanwhile run, in that order.
 */
final class PausableTime implements TimeSource {
    private static final System.Logger LOG = System.getLogger(PausableTime.class.getName());

    private final TimeSource time;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private final Queue<Task> held = new ArrayDeque<>();
    private boolean paused;

    PausableTime(TimeSource time) {
        this.time = time;
    }

    @Override
    public long nanoTime() {
        return time.nanoTime();
    }

    @Override
    public Instant wall() {
        return time.wall();
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable action) {
        Task task = new Task(executor, action);
        Runnable cancel = time.schedule(delay, Runnable::run, task::due);
        return () -> {
            task.cancelled = true;
            cancel.run();
        };
    }

    void pause() {
        lock.lock();
        try {
            paused = true;
        } finally {
            lock.unlock();
        }
    }

    void resume() {
        while (true) {
            Task next;
            lock.lock();
            try {
                next = held.poll();
                if (next == null) {
                    paused = false;
                    return;
                }
            } finally {
                lock.unlock();
            }
            try {
                next.handOver();
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "a task that came due during a pause threw, or its executor refused it", e);
            }
        }
    }

    private final class Task {
        private final Executor executor;
        private final Runnable action;
        private volatile boolean cancelled;

        Task(Executor executor, Runnable action) {
            this.executor = executor;
            this.action = action;
        }

        void due() {
            lock.lock();
            try {
                if (paused) {
                    held.add(this);
                    return;
                }
            } finally {
                lock.unlock();
            }
            handOver();
        }

        void handOver() {
            executor.execute(() -> {
                if (!cancelled) {
                    action.run();
                }
            });
        }
    }
}
