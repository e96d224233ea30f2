package io.sereno.blocking;

import io.sereno.spi.TimeSource;
import java.time.Duration;

/** Lets threads wait by the clock of the backend, until they are woken or it is closed. */
final class Pauses {
    private final TimeSource time;
    /** Guarded by this. */
    private boolean woken;

    private boolean closed;

    Pauses(TimeSource time) {
        this.time = time;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** Ends the pause of one thread, or its next pause. */
    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** Blocks for this long; for less if it is woken or closed, at once if it has been. */
    void pause(Duration length) {
        if (length.isZero()) {
            return;
        }
        boolean[] over = {false};
        Runnable cancel = time.schedule(length, Runnable::run, () -> {
            synchronized (this) {
                over[0] = true;
                notifyAll();
            }
        });
        try {
            await(over);
        } finally {
            cancel.run();
        }
    }

    private synchronized void await(boolean[] over) {
        while (!over[0] && !woken && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Connections.debug("a client library left an interrupt; it ends no pause", e);
            }
        }
        woken = false;
    }
}
