package io.sereno.recipes.kernel;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Work that another thread may interrupt, once, and only while it runs: the interrupt does not affect anything that the thread does afterwards. */
public final class Interruptible {
    private enum Phase {
        READY,
        RUNNING,
        INTERRUPTING,
        INTERRUPTED,
        DONE
    }

    /** The work: may return a value and throw its own exceptions. */
    public interface Work<T, E extends Exception> {
        T run() throws E;
    }

    /** The innermost one of each thread. When a nested one ends, an interrupt that was meant for the outer one is set again. */
    private static final ThreadLocal<@Nullable Interruptible> INNERMOST = new ThreadLocal<>();

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.READY);
    private volatile @Nullable Thread runner;

    public <T, E extends Exception> T run(Work<T, E> work) throws E {
        Thread self = Thread.currentThread();
        Interruptible outer = INNERMOST.get();
        boolean outerKnows = outer != null && outer.isInterrupted();
        INNERMOST.set(this);
        runner = self;
        if (!phase.compareAndSet(Phase.READY, Phase.RUNNING)) {
            // The interrupt came before the work began. It is still meant for the work.
            self.interrupt();
        }
        try {
            return work.run();
        } finally {
            if (!phase.compareAndSet(Phase.RUNNING, Phase.DONE)) {
                while (phase.get() == Phase.INTERRUPTING) {
                    Thread.onSpinWait();
                }
                Thread.interrupted();
            }
            if (outer != null && !outerKnows && outer.isInterrupted()) {
                self.interrupt(); // It came while this ran, and was taken for this work's.
            }
            if (outer == null) {
                INNERMOST.remove();
            } else {
                INNERMOST.set(outer);
            }
        }
    }

    /** Whether the caller is inside such work. Its thread may be the only one of the user's executor, so it does not wait for work that has not begun. */
    public static boolean runsHere() {
        return INNERMOST.get() != null;
    }

    public void interrupt() {
        if (phase.compareAndSet(Phase.READY, Phase.INTERRUPTED)) {
            return;
        }
        Thread target = runner;
        if (target != null && phase.compareAndSet(Phase.RUNNING, Phase.INTERRUPTING)) {
            target.interrupt();
            phase.set(Phase.INTERRUPTED);
        }
    }

    private boolean isInterrupted() {
        Phase now = phase.get();
        return now == Phase.INTERRUPTING || now == Phase.INTERRUPTED;
    }
}
