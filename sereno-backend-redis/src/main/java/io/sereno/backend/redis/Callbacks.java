package io.sereno.backend.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/** The executor that listeners, and what hangs on stages, run on: never a thread of the connection, which a callback that blocks would stop. */
final class Callbacks implements Executor {
    private static final Logger LOG = System.getLogger(Callbacks.class.getName());

    private final Executor executor;

    Callbacks(Executor executor) {
        this.executor = executor;
    }

    /** The executor itself, which may refuse: for those who wait until it does no more. */
    Executor executor() {
        return executor;
    }

    @Override
    public void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RuntimeException e) {
            // Mostly a RejectedExecutionException; but whatever an application's executor throws, the task is run.
            LOG.log(Level.WARNING, "the executor of callbacks refuses; one runs in a thread of the connection", e);
            task.run();
        }
    }
}
