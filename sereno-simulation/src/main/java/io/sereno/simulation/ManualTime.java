package io.sereno.simulation;

import io.sereno.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Time that passes when a test says so.
 *
 * <pre>{@code
 * ManualTime time = new ManualTime();
 * time.schedule(Duration.ofSeconds(10), Runnable::run, () -> printed.add("ten seconds later"));
 * time.advance(Duration.ofSeconds(10));
 * }</pre>
 *
 * <p><b>Guarantees.</b> {@link #advance} runs tasks in the order of their due times, and those due at the same time in
 * the order of scheduling. While a task is handed to its executor, {@link #nanoTime()} is the time at which it was due.
 * Tasks are handed over in the thread that advances the time, and never from within {@link #schedule}, even when they
 * are due at once. {@link #nanoTime()} starts five seconds before its overflow, so that code which compares two
 * readings with {@code <}, and not by their difference, fails in its first test.
 *
 * <p>An exception thrown by a task or its executor is logged. An {@link Error} reaches the caller of {@link #advance},
 * so that an assertion inside a task fails its test; the time then stays where the task was due.
 *
 * <p>Instances are safe for use by multiple threads. No method blocks, except for what the executors do. Time should be
 * advanced by one thread at a time: two threads that do so at once advance it to the later of their goals.
 */
public final class ManualTime implements TimeSource {
    private static final System.Logger LOG = System.getLogger(ManualTime.class.getName());
    private static final long START = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();
    private static final Instant WALL_START = Instant.parse("2026-01-01T00:00:00Z");

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock. Times are nanoseconds since the start, which do not overflow in a test's life.
    private final TreeSet<Timer> timers = new TreeSet<>();
    private long elapsed;
    private long lastSequence;
    private Duration wallOffset = Duration.ZERO;

    /** Creates a time that stands still, with its wall clock at the beginning of 2026. */
    public ManualTime() {}

    @Override
    public long nanoTime() {
        return START + elapsedNanos();
    }

    @Override
    public Instant wall() {
        lock.lock();
        try {
            return WALL_START.plusNanos(elapsed).plus(wallOffset);
        } finally {
            lock.unlock();
        }
    }

    /** The time since this object was created. */
    public Duration elapsed() {
        return Duration.ofNanos(elapsedNanos());
    }

    long elapsedNanos() {
        lock.lock();
        try {
            return elapsed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sets the wall clock forward, or back if negative, as an operator or a time server does. No task comes due by
     * this.
     *
     * @param by how far
     */
    public void jumpWall(Duration by) {
        lock.lock();
        try {
            wallOffset = wallOffset.plus(by);
        } finally {
            lock.unlock();
        }
    }

    /** {@inheritDoc} A delay of zero or less is due at once: with the next call that advances the time. */
    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        lock.lock();
        try {
            long due = elapsed + Math.max(0, delay.toNanos());
            Timer timer = new Timer(due, ++lastSequence, executor, new Timed(task));
            timers.add(timer);
            return () -> cancel(timer);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Advances the time, and runs the tasks that come due on the way, including those scheduled on the way.
     *
     * @param by how far; zero or more
     * @throws IllegalArgumentException if it is negative
     */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("time moves forward only; zero or more is accepted, not " + by);
        }
        long goal = elapsed().plus(by).toNanos();
        for (Timer timer = nextUntil(goal); timer != null; timer = nextUntil(goal)) {
            try {
                timer.executor.execute(timer.task);
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "a task that was due threw, or its executor refused it", e);
            }
        }
    }

    /** Runs the tasks that are due now, without advancing the time. */
    public void runDue() {
        advance(Duration.ZERO);
    }

    /** The time until the next task is due: zero if one is due now, empty if none is scheduled. */
    public Optional<Duration> untilNext() {
        lock.lock();
        try {
            return timers.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(Math.max(0, timers.first().due - elapsed)));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes and returns the first task that is due by the goal, and advances the time to it; else advances to the
     * goal.
     */
    private @Nullable Timer nextUntil(long goal) {
        lock.lock();
        try {
            boolean found = !timers.isEmpty() && timers.first().due <= goal;
            Timer next = found ? timers.pollFirst() : null;
            elapsed = Math.max(elapsed, next == null ? goal : next.due);
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void cancel(Timer timer) {
        timer.task.cancel();
        lock.lock();
        try {
            timers.remove(timer);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "ManualTime[" + elapsed() + "]";
    }

    private record Timer(long due, long sequence, Executor executor, Timed task) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            int order = Long.compare(due, other.due);
            return order == 0 ? Long.compare(sequence, other.sequence) : order;
        }
    }
}
