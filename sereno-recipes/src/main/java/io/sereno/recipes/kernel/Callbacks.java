package io.sereno.recipes.kernel;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A user's callbacks, one after another, on the client's executor: never two at once, never on a thread of the store or
 * of the clock, never under a lock. If a callback throws, the watcher is notified, and the next callback runs.
 */
public final class Callbacks {
    /** Is notified how each callback ended. Must not throw. */
    public interface Watcher {
        void failed(String what, Throwable thrown);

        void succeeded(String what);

        /** Runs a callback, and reports how it ended. */
        default void run(String what, Runnable callback) {
            try {
                callback.run();
                succeeded(what);
            } catch (RuntimeException | Error thrown) {
                failed(what, thrown);
            }
        }
    }

    /** The most news that wait: one that is behind by more misses some in between. */
    public static final int MOST_NEWS = 1_000;

    private record Callback(String what, Runnable code, Interruptible handle, Runnable after, AtomicBoolean claimed) {
        /** True for the first caller only: the thread that runs the callback, or the close, after which it never begins. */
        boolean claim() {
            return claimed.compareAndSet(false, true);
        }
    }

    private final Executor executor;
    private final Watcher watcher;
    private final Strand strand = new Strand();
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();

    // Confined to the strand.
    private final Deque<Callback> waiting = new ArrayDeque<>();
    /** The callback that was given to the executor last, until it has returned. */
    private @Nullable Callback running;

    /** The last callback waits or runs, and no other is accepted. */
    private boolean ending;

    private boolean closed;

    private volatile @Nullable Thread runner;

    public Callbacks(Executor executor, Watcher watcher) {
        this.executor = executor;
        this.watcher = watcher;
    }

    /** {@code after} runs when the callback has returned or thrown, or at once if the callback will never run; it must not block. */
    public Interruptible submit(String what, Runnable code, Runnable after) {
        Interruptible handle = new Interruptible();
        strand.execute(() -> {
            if (closed || ending) {
                after.run();
            } else {
                waiting.add(new Callback(what, code, handle, after, new AtomicBoolean()));
                next();
            }
        });
        return handle;
    }

    /** As {@link #submit}, for news of which the latest always has to come: while {@link #MOST_NEWS} wait, further news replace the last. */
    public void submitNews(String what, Runnable code) {
        strand.execute(() -> {
            if (!closed && !ending && waiting.size() >= MOST_NEWS) {
                waiting.removeLast().after().run();
            }
        });
        Interruptible unused = submit(what, code, () -> {});
    }

    /**
     * No callback begins after this, not even one that its executor keeps waiting, and the running one is interrupted. Completes when none runs any
     * more; inside a callback, at once.
     */
    public CompletableFuture<Void> close() {
        boolean inside = isRunningHere();
        strand.execute(() -> {
            closed = true;
            dropUnbegun();
            if (running == null) {
                quiet.complete(null);
            } else if (!inside) {
                running.handle().interrupt();
            }
        });
        return inside ? CompletableFuture.completedFuture(null) : quiet;
    }

    /**
     * As {@link #close}, but a last callback runs when the running one has returned. A {@link #close} that follows drops it if it has not begun.
     * Completes when it has ended, also if the caller is inside a callback; the caller must not wait then.
     */
    public CompletableFuture<Void> closeAfter(String what, Runnable last) {
        boolean inside = isRunningHere();
        strand.execute(() -> {
            if (closed || ending) {
                return;
            }
            ending = true;
            dropUnbegun();
            waiting.add(new Callback(what, last, new Interruptible(), () -> {}, new AtomicBoolean()));
            if (running != null && !inside) {
                running.handle().interrupt();
            }
            next();
        });
        return quiet;
    }

    private void dropUnbegun() {
        Callback unbegun = running;
        if (unbegun != null && unbegun.claim()) {
            running = null;
            unbegun.after().run();
        }
        for (Callback dropped = waiting.poll(); dropped != null; dropped = waiting.poll()) {
            dropped.after().run();
        }
    }

    /** Whether the caller is inside one of these callbacks, and so must not wait for it. */
    public boolean isRunningHere() {
        return Thread.currentThread().equals(runner);
    }

    private void next() {
        while (running == null && !waiting.isEmpty()) {
            Callback callback = waiting.remove();
            running = callback;
            try {
                executor.execute(() -> run(callback));
            } catch (RuntimeException | Error refused) {
                running = null;
                watcher.failed(callback.what(), refused);
                callback.after().run();
            }
        }
        if (ending && running == null) {
            closed = true;
            quiet.complete(null);
        }
    }

    private void run(Callback callback) {
        if (!callback.claim()) {
            return;
        }
        runner = Thread.currentThread();
        try {
            watcher.run(
                    callback.what(),
                    () -> callback.handle().run(() -> {
                        callback.code().run();
                        return true;
                    }));
        } finally {
            runner = null;
            strand.execute(() -> returned(callback));
        }
    }

    private void returned(Callback callback) {
        running = null;
        callback.after().run();
        if (closed) {
            quiet.complete(null);
        } else {
            next();
        }
    }
}
