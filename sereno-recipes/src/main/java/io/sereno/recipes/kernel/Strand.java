package io.sereno.recipes.kernel;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks one after another, in the thread that finds it idle: no thread of its own, no lock, and no hop between threads when nobody else is
 * there. What a task wrote, the next one sees.
 *
 * <p>A task must not block, and must not call a user's code: whoever calls {@link #execute} may find itself running the tasks of others. A task
 * that is submitted by a task runs after it, never inside it.
 */
public final class Strand implements Executor {
    private static final Logger LOG = System.getLogger("io.sereno");

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /** Tasks submitted and not yet run; whoever takes it from 0 to 1 runs them. */
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
            // A defect of ours. The strand lives on, so that one recipe's defect is not the end of every other.
            LOG.log(Level.ERROR, "Sereno: a task of the kernel failed; please report this", broken);
        }
    }
}
