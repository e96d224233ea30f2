package io.sereno.recipes.connect;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The default executor of callbacks: daemon threads {@code sereno-callback-n}, created when a task finds none idle, ended after a second
 * without work. So a callback may block without delaying another, and there is nothing to shut down.
 */
final class CallbackThreads implements Executor {
    private static final Logger LOG = System.getLogger(CallbackThreads.class.getName());

    private final ThreadPoolExecutor threads;

    CallbackThreads() {
        AtomicLong made = new AtomicLong();
        // Not the loader of the thread that happens to need a new thread: callbacks see the classes that the connecting
        // thread sees.
        ClassLoader classes = Thread.currentThread().getContextClassLoader();
        threads = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(null, task, "sereno-callback-" + made.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(classes);
            return thread;
        });
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(() -> {
            try {
                task.run();
            } catch (Throwable e) {
                LOG.log(Level.ERROR, "a callback failed: " + task, e);
            }
        });
    }
}
