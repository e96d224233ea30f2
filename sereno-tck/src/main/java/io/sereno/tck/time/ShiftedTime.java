package io.sereno.tck.time;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/** The time of one client, with a settable time of day. */
public final class ShiftedTime implements TimeSource {
    private final TimeSource time;
    private final AtomicReference<Duration> offset = new AtomicReference<>(Duration.ZERO);

    public ShiftedTime(TimeSource time) {
        this.time = time;
    }

    public void jump(Duration by) {
        offset.updateAndGet(before -> before.plus(by));
    }

    @Override
    public long nanoTime() {
        return time.nanoTime();
    }

    @Override
    public Instant wall() {
        return time.wall().plus(offset.get());
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        return time.schedule(delay, executor, task);
    }
}
