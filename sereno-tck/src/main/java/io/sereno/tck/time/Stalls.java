package io.sereno.tck.time;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long this machine stands still: a thread wants to wake every ten milliseconds, and measures how late it does.
 * Upper bounds are widened by it; lower bounds, on which safety depends, never are.
 */
public final class Stalls implements AutoCloseable {
    private static final long BEAT = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int REMEMBERED = 4_096;

    private record Stall(long end, long nanos) {}

    private final Deque<Stall> stalls = new ArrayDeque<>();
    private final Thread thread = new Thread(this::beat, "tck-stalls");
    private volatile boolean closed;

    public Stalls() {
        thread.setDaemon(true);
        thread.start();
    }

    private void beat() {
        long before = System.nanoTime();
        while (!closed) {
            LockSupport.parkNanos(BEAT);
            long now = System.nanoTime();
            long late = now - before - BEAT;
            before = now;
            if (late > BEAT) {
                add(now, late);
            }
        }
    }

    /** Records that this machine stood still for this long, until the given end. */
    public void add(long end, long nanos) {
        synchronized (stalls) {
            stalls.addLast(new Stall(end, nanos));
            if (stalls.size() > REMEMBERED) {
                stalls.removeFirst();
            }
        }
    }

    /** The total standstill since a reading of {@link System#nanoTime()}. */
    public Duration since(long nanoTime) {
        synchronized (stalls) {
            return Duration.ofNanos(stalls.stream()
                    .filter(stall -> stall.end - nanoTime > 0)
                    .mapToLong(Stall::nanos)
                    .sum());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
