package io.sereno.recipes.connect;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;

/**
 * A user's executor, called only from Sereno's own threads: if it runs tasks in the calling thread, blocks, or rejects them, it delays no
 * state machine. A rejected task runs in Sereno's thread, so that no callback is lost.
 */
final class GuardedExecutor implements Executor {
    private static final Logger LOG = System.getLogger(GuardedExecutor.class.getName());

    private final Executor own;
    private final Executor users;

    GuardedExecutor(Executor own, Executor users) {
        this.own = own;
        this.users = users;
    }

    @Override
    public void execute(Runnable task) {
        own.execute(() -> {
            try {
                users.execute(task);
            } catch (RuntimeException | Error refused) {
                LOG.log(
                        Level.WARNING,
                        "the executor given to the builder refused a callback; the callback runs in a thread of Sereno",
                        refused);
                task.run();
            }
        });
    }
}
