package io.sereno.tck.time;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that counts how often it was asked and what is still scheduled. */
public final class CountingTime implements TimeSource {
    private final TimeSource time;
    private final AtomicLong asked = new AtomicLong();
    private final AtomicInteger scheduled = new AtomicInteger();

    public CountingTime(TimeSource time) {
        this.time = time;
    }

    @Override
    public long nanoTime() {
        asked.incrementAndGet();
        return time.nanoTime();
    }

    @Override
    public Instant wall() {
        return time.wall();
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        asked.incrementAndGet();
        scheduled.incrementAndGet();
        AtomicBoolean over = new AtomicBoolean();
        Runnable end = () -> {
            if (over.compareAndSet(false, true)) {
                scheduled.decrementAndGet();
            }
        };
        Runnable cancel = time.schedule(delay, executor, () -> {
            end.run();
            task.run();
        });
        return () -> {
            end.run();
            cancel.run();
        };
    }

    /** How often the monotonic clock was read or a timer was set. */
    public long asked() {
        return asked.get();
    }

    /** Timers that have neither come due nor been cancelled. */
    public int scheduled() {
        return scheduled.get();
    }
}
