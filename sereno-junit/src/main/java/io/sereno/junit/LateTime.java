package io.sereno.junit;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/** The clock of a client that is being connected: its own clock, which can be paused, is known when its backend is open. */
final class LateTime implements TimeSource {
    private volatile TimeSource time;

    LateTime(TimeSource first) {
        this.time = first;
    }

    void become(TimeSource own) {
        time = own;
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
        return time.schedule(delay, executor, task);
    }
}
