package io.sereno.tck;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How much this machine stands still: a thread that wants to wake every ten milliseconds, and how much later it does. Upper
 * bounds are widened by it; lower ones, on which safety stands, never are.
 */
final class Stalls implements AutoCloseable {
    private static final long BEAT = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int REMEMBERED = 4_096;

    private record Stall(long end, long nanos) {}

    private final Deque<Stall> stalls = new ArrayDeque<>();
    private final Thread thread = new Thread(this::beat, "tck-stalls");
    private volatile boolean closed;

    Stalls() {
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

    /** That this machine stood still for so long, until then. */
    void add(long end, long nanos) {
        synchronized (stalls) {
            stalls.addLast(new Stall(end, nanos));
            if (stalls.size() > REMEMBERED) {
                stalls.removeFirst();
            }
        }
    }

    /** All of it since a reading of {@link System#nanoTime()}. */
    Duration since(long nanoTime) {
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
