package io.sereno.tck.mutants;

import java.util.ArrayDeque;
import java.util.Queue;

/** Runs what it is given in the thread of whoever came first: the others leave theirs behind the one that is being run. */
final class OneAfterAnother {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    void run(Runnable what) {
        synchronized (this) {
            waiting.add(what);
            if (running) {
                return;
            }
            running = true;
        }
        for (Runnable next = next(); next != null; next = next()) {
            try {
                next.run();
            } catch (RuntimeException thrown) {
                // A listener's own.
            }
        }
    }

    private synchronized @org.jspecify.annotations.Nullable Runnable next() {
        Runnable next = waiting.poll();
        running = next != null;
        return next;
    }
}
