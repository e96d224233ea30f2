package io.sereno.backend.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/** The executor for listeners and callbacks of stages. They never run on a thread of the connection, which a blocking callback would stop. */
final class Callbacks implements Executor {
    private static final Logger LOG = System.getLogger(Callbacks.class.getName());

    private final Executor executor;

    Callbacks(Executor executor) {
        this.executor = executor;
    }

    /** The executor itself, which may refuse tasks: for callers that retry until it accepts. */
    Executor executor() {
        return executor;
    }

    @Override
    public void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RuntimeException e) {
            // Usually a RejectedExecutionException. The task runs whatever the application's executor throws.
            LOG.log(
                    Level.WARNING,
                    "the callback executor refused a callback; the callback runs in a thread of the connection",
                    e);
            task.run();
        }
    }
}
