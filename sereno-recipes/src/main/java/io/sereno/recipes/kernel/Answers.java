package io.sereno.recipes.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells results in a thread where callers' code may run, many at a time: handing over to another thread costs more than a change does. Callers' code
 * may wait there for the next change, so what has been asked for by then is seen to first. Safe for use by multiple threads.
 */
final class Answers {
    private final Kernel kernel;
    private final Runnable first;
    private final Queue<Change<?, ?>> ended = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean due = new AtomicBoolean();

    /** {@code first} runs before results are told, and after {@link #areDue} has ceased to say so. */
    Answers(Kernel kernel, Runnable first) {
        this.kernel = kernel;
        this.first = first;
    }

    void add(Change<?, ?> change) {
        ended.add(change);
        if (due.compareAndSet(false, true)) {
            kernel.offStrand(this::tell);
        }
    }

    /** Whether results are about to be told, and {@code first} is about to run. */
    boolean areDue() {
        return due.get();
    }

    private void tell() {
        due.set(false);
        List<Change<?, ?>> now = new ArrayList<>();
        for (Change<?, ?> change = ended.poll(); change != null; change = ended.poll()) {
            now.add(change);
        }
        first.run();
        now.forEach(Change::tell);
    }
}
