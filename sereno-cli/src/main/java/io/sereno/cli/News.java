package io.sereno.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The last state that was read, for all viewers of the page. The store is read only while there is one. */
final class News {
    private @Nullable String last;
    private long number;
    private int viewers;

    /** A state, and its number. */
    record Item(String state, long number) {}

    synchronized void publish(String state) {
        last = state;
        number++;
        notifyAll();
    }

    /** Waits for a state that is newer than that with this number. */
    synchronized Item after(long seen) throws InterruptedException {
        while (true) {
            String state = last;
            if (state != null && number > seen) {
                return new Item(state, number);
            }
            wait();
        }
    }

    /** False if there are as many as there may be. */
    synchronized boolean enter(int most) {
        if (viewers >= most) {
            return false;
        }
        viewers++;
        notifyAll();
        return true;
    }

    synchronized void leave() {
        viewers--;
        if (viewers == 0) {
            last = null; // The next who comes gets no old state.
        }
    }

    /** Waits until there is a viewer. */
    synchronized void awaitViewer() throws InterruptedException {
        while (viewers == 0) {
            wait();
        }
    }

    /** A pause between two readings; it ends with the last viewer. */
    synchronized void pause(Duration length) throws InterruptedException {
        long end = System.nanoTime() + length.toNanos();
        for (long left = length.toMillis(); left > 0 && viewers > 0; left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }
}
