package io.sereno.spring;

import io.sereno.Grant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A right, and the methods that run under it: its loss interrupts them, and they find it by their thread. */
final class Tenure {
    enum Recipe {
        MUTEX,
        ELECTION
    }

    private static final ThreadLocal<@Nullable Run> INNERMOST = new ThreadLocal<>();

    private final Recipe recipe;
    private final String name;
    private final Grant grant;
    private final Set<Run> running = ConcurrentHashMap.newKeySet();

    Tenure(Recipe recipe, String name, Grant grant) {
        this.recipe = recipe;
        this.name = name;
        this.grant = grant;
        grant.lost().thenRun(this::interrupt);
    }

    /** Of the calling thread. */
    static Optional<Tenure> innermost() {
        return Optional.ofNullable(INNERMOST.get()).map(Run::tenure);
    }

    /** Of the calling thread; the inner one of several. */
    static Optional<Tenure> of(Recipe recipe, String name) {
        for (Run run = INNERMOST.get(); run != null; run = run.outer) {
            if (run.tenure().recipe == recipe && run.tenure().name.equals(name)) {
                return Optional.of(run.tenure());
            }
        }
        return Optional.empty();
    }

    Grant grant() {
        return grant;
    }

    boolean isBusy() {
        return !running.isEmpty();
    }

    /** Interrupts all methods that run. */
    void interrupt() {
        running.forEach(Run::interrupt);
    }

    /** A method begins in the calling thread. The loss interrupts the thread until the run is closed. */
    Run begin() {
        Run run = new Run();
        running.add(run);
        INNERMOST.set(run);
        if (!grant.isHeld()) {
            run.interrupt(); // the loss may have come before it was added
        }
        return run;
    }

    /** A method that runs in one thread. Closing it clears the interrupt that it has got. */
    final class Run {
        private final @Nullable Run outer = INNERMOST.get();
        private final Thread thread = Thread.currentThread();
        private boolean interrupted;
        private boolean ended;

        private Run() {}

        private Tenure tenure() {
            return Tenure.this;
        }

        private synchronized void interrupt() {
            if (!ended && !interrupted) {
                interrupted = true;
                thread.interrupt();
            }
        }

        /** In the thread that has begun it. */
        void close() {
            if (outer == null) {
                INNERMOST.remove();
            } else {
                INNERMOST.set(outer);
            }
            running.remove(this);
            synchronized (this) {
                ended = true;
                if (interrupted) {
                    Thread.interrupted();
                }
            }
        }
    }
}
