package io.sereno.backend.etcd;

import io.sereno.spi.Names;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The notices of one watch on their way to its listener: merged by name, bounded, one at a time. Its monitor guards what is
 * pending; the listener runs outside it.
 */
final class Notices implements Runnable {
    /** More names than this waiting become one reset. */
    static final int MAX_PENDING = 1_024;

    private static final System.Logger LOG = System.getLogger(Notices.class.getName());

    /** Without a name it is a reset. */
    private record Notice(@Nullable String name, long revision) {}

    private final Target target;
    private final WatchListener listener;
    private final Executor executor;

    private final Map<String, Long> pending = new LinkedHashMap<>();
    private boolean resetPending;
    /** Whether a run is on its way or going on; it takes what comes meanwhile along. */
    private boolean running;

    private boolean cancelled;

    Notices(Target target, WatchListener listener, Executor executor) {
        this.target = target;
        this.listener = listener;
        this.executor = executor;
    }

    /** Runs the listener, or lets a run under way go on; not to be called under a lock. */
    void changed(String name, long revision) {
        synchronized (this) {
            if (!resetPending) {
                pending.put(name, revision);
                if (pending.size() > MAX_PENDING) {
                    pending.clear();
                    resetPending = true;
                }
            }
        }
        wake();
    }

    /** As {@link #changed}. */
    void reset() {
        synchronized (this) {
            // Whoever looks at everything sees what was to be told of single entries.
            pending.clear();
            resetPending = true;
        }
        wake();
    }

    /** No notice begins afterwards. */
    synchronized void cancel() {
        cancelled = true;
        pending.clear();
        resetPending = false;
    }

    private void wake() {
        synchronized (this) {
            if (running || cancelled) {
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

    private synchronized @Nullable Notice next() {
        if (cancelled || (pending.isEmpty() && !resetPending)) {
            running = false;
            return null;
        }
        if (resetPending) {
            resetPending = false;
            return new Notice(null, 0);
        }
        Iterator<Map.Entry<String, Long>> waiting = pending.entrySet().iterator();
        Map.Entry<String, Long> first = waiting.next();
        Notice notice = new Notice(first.getKey(), first.getValue());
        waiting.remove();
        return notice;
    }

    @Override
    public void run() {
        for (Notice notice = next(); notice != null; notice = next()) {
            try {
                if (notice.name() == null) {
                    listener.reset();
                } else {
                    listener.changed(notice.name(), notice.revision());
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
