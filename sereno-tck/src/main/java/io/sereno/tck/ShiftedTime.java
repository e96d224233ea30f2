package io.sereno.tck;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/** The time of one client, with a settable time of day. */
final class ShiftedTime implements TimeSource {
    private final TimeSource time;
    private final AtomicReference<Duration> offset = new AtomicReference<>(Duration.ZERO);

    ShiftedTime(TimeSource time) {
        this.time = time;
    }

    void jump(Duration by) {
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
