package io.sereno.tck.run;

import io.sereno.tck.time.Crew;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where a listener blocks until the gate is opened. */
public final class Gate implements AutoCloseable {
    private final Crew crew;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean open;

    Gate(Crew crew) {
        this.crew = crew;
    }

    /** Blocks until {@link #open}. */
    public void pass() {
        waiting.incrementAndGet();
        try {
            if (!crew.idle(() -> open, TimeUnit.MINUTES.toNanos(10))) {
                throw new IllegalStateException("the gate was not opened");
            }
        } catch (InterruptedException e) {
            throw Bench.interrupted(e);
        } finally {
            waiting.decrementAndGet();
        }
    }

    /** How many threads block here. */
    public int waiting() {
        return waiting.get();
    }

    public void open() {
        open = true;
        crew.stir();
    }

    @Override
    public void close() {
        open();
    }
}
