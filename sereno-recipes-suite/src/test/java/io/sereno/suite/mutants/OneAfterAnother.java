package io.sereno.suite.mutants;

import java.util.ArrayDeque;
import java.util.Queue;

/** Runs tasks on the thread of the first caller: other callers add their tasks to the queue behind the running one. */
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
                // Thrown by a listener.
            }
        }
    }

    private synchronized @org.jspecify.annotations.Nullable Runnable next() {
        Runnable next = waiting.poll();
        running = next != null;
        return next;
    }
}
