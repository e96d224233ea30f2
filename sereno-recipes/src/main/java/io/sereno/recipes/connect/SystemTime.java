package io.sereno.recipes.connect;

import io.sereno.spi.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The machine's clocks, and one daemon thread, created at first use, that hands due tasks to their executors.
 *
 * <p>Most tasks are limits of requests, which are cancelled long before they are due. So the thread sleeps until the earliest of them would have
 * been due, although it was cancelled, and is woken only for a task that is due before: not for each request.
 *
 * <p>The timer survives all that a task or its executor does; their exceptions are logged. {@link #close()} means that no more tasks are
 * expected: the thread ends as soon as nothing is scheduled. Tasks still scheduled come due, since callers may wait for them: a call that was
 * under way at the close ends in its time.
 */
final class SystemTime implements TimeSource, AutoCloseable {
    private static final Logger LOG = System.getLogger(SystemTime.class.getName());

    /** Longer than a process lives, and short enough to be added to a time and compared. */
    private static final long FOREVER = Long.MAX_VALUE / 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Below: guarded by the lock.
    private final TreeMap<Due, Timed> tasks = new TreeMap<>();
    private long scheduled;
    private @Nullable Thread thread;
    /** When the thread looks again, while there is one; not after any task is due. */
    private long wakesAt;

    private boolean closed;

    /** When a task is due; tasks that are due at the same time run in the order in which they were scheduled. */
    private record Due(long at, long number) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            // Compare by difference: the clock may begin anywhere.
            long later = at - other.at;
            return later != 0 ? Long.signum(later) : Long.compare(number, other.number);
        }
    }

    /** May be cancelled after it was handed over, until its executor runs it. */
    private static final class Timed {
        private final Executor executor;
        private final Runnable task;
        private volatile boolean cancelled;

        Timed(Executor executor, Runnable task) {
            this.executor = executor;
            this.task = task;
        }

        void handOver() {
            try {
                executor.execute(this::run);
            } catch (Throwable e) {
                LOG.log(Level.ERROR, "the executor refused a task that is due; the task does not run: " + task, e);
            }
        }

        private void run() {
            try {
                if (!cancelled) {
                    task.run();
                }
            } catch (Throwable e) {
                LOG.log(Level.ERROR, "a timed task failed: " + task, e);
            }
        }
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
        Timed timed = new Timed(executor, task);
        // convert() saturates where Duration.toNanos() throws.
        long nanos = Math.min(FOREVER, Math.max(0, TimeUnit.NANOSECONDS.convert(delay)));
        Due due = add(nanos, timed);
        return () -> {
            timed.cancelled = true;
            forget(due);
        };
    }

    private Due add(long delay, Timed timed) {
        lock.lock();
        try {
            long now = System.nanoTime();
            if (thread == null) {
                Thread made = new Thread(null, this::handOverAll, "sereno-timer", 0, false);
                made.setDaemon(true);
                made.start();
                thread = made;
                wakesAt = now;
            }
            Due due = new Due(now + delay, scheduled++);
            tasks.put(due, timed);
            if (due.at - wakesAt < 0) {
                wakesAt = due.at;
                changed.signal();
            }
            return due;
        } finally {
            lock.unlock();
        }
    }

    private void forget(Due due) {
        lock.lock();
        try {
            tasks.remove(due);
            if (closed) {
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void handOverAll() {
        boolean goesOn = true;
        while (goesOn) {
            try {
                Timed due = next();
                goesOn = due != null;
                if (due != null) {
                    due.handOver();
                }
            } catch (Throwable e) {
                // The log failed too, or memory is short: nothing can be reported, and the other tasks must still come
                // due.
            }
            var unused = Thread.interrupted(); // What a task leaves behind must not reach the executor of the next one.
        }
    }

    /** Waits for the next task that is due; null if the thread has to end. */
    private @Nullable Timed next() {
        lock.lock();
        try {
            while (!closed || !tasks.isEmpty()) {
                Map.Entry<Due, Timed> first = tasks.firstEntry();
                long now = System.nanoTime();
                if (first != null && first.getKey().at - now <= 0) {
                    tasks.remove(first.getKey());
                    return first.getValue();
                }
                if (wakesAt - now <= 0) {
                    wakesAt = first == null ? now + FOREVER : first.getKey().at;
                }
                try {
                    var unused = changed.awaitNanos(wakesAt - now);
                } catch (InterruptedException e) {
                    LOG.log(Level.DEBUG, "a task left the timer's thread interrupted; the timer goes on", e);
                }
            }
            thread = null;
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Tasks that are neither due nor cancelled. */
    int pending() {
        lock.lock();
        try {
            return tasks.size();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    int threads() {
        lock.lock();
        try {
            return thread == null ? 0 : 1;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
