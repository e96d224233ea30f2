package io.sereno.recipes;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/** The shared time with a separate wall clock. */
public final class JumpyTime implements TimeSource {
    private final TimeSource time;
    private Duration offset = Duration.ZERO;

    public JumpyTime(TimeSource time) {
        this.time = time;
    }

    public void jump(Duration by) {
        offset = offset.plus(by);
    }

    @Override
    public long nanoTime() {
        return time.nanoTime();
    }

    @Override
    public Instant wall() {
        return time.wall().plus(offset);
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        return time.schedule(delay, executor, task);
    }
}
