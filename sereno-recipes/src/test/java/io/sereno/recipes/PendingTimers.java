package io.sereno.recipes;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** Another time, of which is known how many timers are neither due nor cancelled. */
final class PendingTimers implements TimeSource {
    private final TimeSource time;
    private final Set<Object> pending = ConcurrentHashMap.newKeySet();

    PendingTimers(TimeSource time) {
        this.time = time;
    }

    int count() {
        return pending.size();
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
        pending.add(timer);
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
