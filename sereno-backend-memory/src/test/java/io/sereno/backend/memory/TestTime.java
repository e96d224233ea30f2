package io.sereno.backend.memory;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;

/**
 * A clock that stands still until it is moved. (sereno-simulation has one for general use, and depends on this module.)
 */
final class TestTime implements TimeSource {
    private record Timer(long due, Executor executor, Runnable task) {}

    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::due));
    private long elapsed;
    private Runnable lastTask = () -> {};

    @Override
    public synchronized long nanoTime() {
        return Long.MAX_VALUE - 1_000_000_000 + elapsed;
    }

    @Override
    public Instant wall() {
        throw new AssertionError("the store asked for the wall clock");
    }

    @Override
    public synchronized Runnable schedule(Duration delay, Executor executor, Runnable task) {
        Timer timer = new Timer(elapsed + delay.toNanos(), executor, task);
        timers.add(timer);
        lastTask = task;
        return () -> timers.remove(timer);
    }

    Runnable lastTask() {
        return lastTask;
    }

    int timers() {
        return timers.size();
    }

    /** Moves the clock and runs what came due. */
    void advance(Duration by) {
        advanceWithoutTimers(by);
        while (!timers.isEmpty() && timers.peek().due <= elapsed) {
            Timer timer = timers.remove();
            timer.executor.execute(timer.task);
        }
    }

    /** As when the thread that runs timers is late. */
    synchronized void advanceWithoutTimers(Duration by) {
        elapsed += by.toNanos();
    }
}
