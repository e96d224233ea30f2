package io.sereno.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/** All time in Sereno. wall() only for ids, ages of messages and "since". schedule() returns what cancels it. */
public interface TimeSource {
    long nanoTime();

    Instant wall();

    Runnable schedule(Duration delay, Executor executor, Runnable task);
}
