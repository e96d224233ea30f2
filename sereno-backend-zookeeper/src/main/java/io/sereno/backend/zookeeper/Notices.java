package io.sereno.backend.zookeeper;

import io.sereno.spi.Names;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** The notices of one watch on their way to its listener: merged by name, bounded, one at a time, on the executor of callbacks. */
final class Notices implements Watch, Runnable {
    /** More names than this waiting become one reset. */
    static final int MOST_PENDING = 1_024;

    private static final System.Logger LOG = System.getLogger(Notices.class.getName());

    private final Target target;
    private final WatchListener listener;
    private final Executor executor;
    private final Runnable onCancel;

    /** All guarded by this. */
    private final Map<String, Long> pending = new LinkedHashMap<>();

    private boolean resetPending;
    /** Whether a run is on its way or going on; it takes what comes meanwhile along. */
    private boolean running;

    private boolean cancelled;

    Notices(Target target, WatchListener listener, Executor executor, Consumer<Notices> onCancel) {
        this.target = target;
        this.listener = listener;
        this.executor = executor;
        this.onCancel = () -> onCancel.accept(this);
    }

    Target target() {
        return target;
    }

    void changed(String name, long revision) {
        synchronized (this) {
            if (cancelled) {
                return;
            }
            if (!resetPending) {
                pending.put(name, revision);
                if (pending.size() > MOST_PENDING) {
                    pending.clear();
                    resetPending = true;
                }
            }
        }
        wake();
    }

    void reset() {
        synchronized (this) {
            if (cancelled) {
                return;
            }
            pending.clear();
            resetPending = true;
        }
        wake();
    }

    @Override
    public void cancel() {
        if (end()) {
            onCancel.run();
        }
    }

    /** No notice begins any more. False if it was so already. */
    synchronized boolean end() {
        boolean first = !cancelled;
        cancelled = true;
        pending.clear();
        resetPending = false;
        return first;
    }

    private void wake() {
        synchronized (this) {
            if (running) {
                return;
            }
            running = true;
        }
        try {
            executor.execute(this);
        } catch (RejectedExecutionException e) {
            synchronized (this) {
                running = false;
            }
            LOG.log(
                    Level.WARNING,
                    () -> Names.printable("notices of " + target + " wait: the executor of callbacks refused them"),
                    e);
        }
    }

    @Override
    public void run() {
        while (true) {
            String name = null;
            long revision = 0;
            synchronized (this) {
                if (pending.isEmpty() && !resetPending) {
                    running = false;
                    return;
                }
                if (!resetPending) {
                    Iterator<Map.Entry<String, Long>> first = pending.entrySet().iterator();
                    Map.Entry<String, Long> notice = first.next();
                    name = notice.getKey();
                    revision = notice.getValue();
                    first.remove();
                }
                resetPending = false;
            }
            try {
                if (name == null) {
                    listener.reset();
                } else {
                    listener.changed(name, revision);
                }
            } catch (RuntimeException | Error e) {
                LOG.log(
                        Level.ERROR,
                        () -> Names.printable("the listener of " + target + " threw; its watch goes on"),
                        e);
            }
        }
    }
}
