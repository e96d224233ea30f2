package io.sereno.tck;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where a listener blocks until the gate is opened. */
final class Gate implements AutoCloseable {
    private final Crew crew;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean open;

    Gate(Crew crew) {
        this.crew = crew;
    }

    /** Blocks until {@link #open}. */
    void pass() {
        waiting.incrementAndGet();
        try {
            if (!crew.idle(() -> open, TimeUnit.MINUTES.toNanos(10))) {
                throw new IllegalStateException("nobody opened the gate");
            }
        } catch (InterruptedException e) {
            throw Bench.interrupted(e);
        } finally {
            waiting.decrementAndGet();
        }
    }

    /** How many threads block here. */
    int waiting() {
        return waiting.get();
    }

    void open() {
        open = true;
        crew.stir();
    }

    @Override
    public void close() {
        open();
    }
}
