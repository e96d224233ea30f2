package io.sereno.recipes;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** Another time source, which counts the timers that are neither due nor cancelled. */
public final class PendingTimers implements TimeSource {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final TimeSource time;
    private final Map<Object, Duration> pending = new ConcurrentHashMap<>();

    public PendingTimers(TimeSource time) {
        this.time = time;
    }

    public int count() {
        return pending.size();
    }

    /** Waits, without passing time, until there is none: another thread may be about to cancel a timer. */
    void awaitNone() {
        long begun = System.nanoTime();
        while (!pending.isEmpty()) {
            if (System.nanoTime() - begun > LIMIT.toNanos()) {
                throw new AssertionError("timers are left, which were set for " + pending.values());
            }
            Thread.onSpinWait();
        }
    }

    /** How many of them were set for longer than this. */
    public long longerThan(Duration delay) {
        return pending.values().stream().filter(set -> set.compareTo(delay) > 0).count();
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
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        Object timer = new Object();
        pending.put(timer, delay);
        Runnable cancel = time.schedule(delay, executor, () -> {
            pending.remove(timer);
            task.run();
        });
        return () -> {
            pending.remove(timer);
            cancel.run();
        };
    }
}
