package io.sereno.recipes.kernel;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks one after another, in the thread that finds it idle: no thread of its own, no lock, and no hop between threads when no other thread
 * is there. Each task sees what earlier tasks wrote.
 *
 * <p>A task must not block, and must not call a user's code: a caller of {@link #execute} may have to run the tasks of others. A task that is
 * submitted by a task runs after that task, never inside it.
 */
public final class Strand implements Executor {
    private static final Logger LOG = System.getLogger("io.sereno");

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /** The number of tasks submitted and not yet run; the thread that raises it from 0 to 1 runs them. */
    private final AtomicInteger pending = new AtomicInteger();

    @Override
    public void execute(Runnable task) {
        if (pending.compareAndSet(0, 1)) {
            run(task);
            if (pending.decrementAndGet() == 0) {
                return;
            }
        } else {
            tasks.add(task);
            if (pending.getAndIncrement() != 0) {
                return;
            }
        }
        drain();
    }

    private void drain() {
        do {
            // Never empty: a task is added before it is counted.
            Runnable task = tasks.poll();
            if (task != null) {
                run(task);
            }
        } while (pending.decrementAndGet() != 0);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error broken) {
            // A defect in Sereno. The strand goes on, so that one recipe's defect does not stop all others.
            LOG.log(Level.ERROR, "Sereno: a task of the kernel failed; please report this", broken);
        }
    }
}
