package io.sereno.backend.redis;

import io.sereno.spi.Names;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The notices of one watch on their way to its listener: merged by name, bounded, one at a time, outside the lock. */
final class RedisWatch implements Watch, Runnable {
    /** More names than this waiting become one reset. */
    static final int MAX_PENDING = 1_024;

    private static final Logger LOG = System.getLogger(RedisWatch.class.getName());

    private final Target target;
    private final WatchListener listener;
    private final Callbacks callbacks;
    private final Consumer<RedisWatch> onCancel;

    /** Guarded by this. */
    private final Map<String, Long> pending = new LinkedHashMap<>();
    /** Guarded by this. */
    private boolean resetPending;
    /** Guarded by this: whether a run is on its way or going on; it takes what comes meanwhile along. */
    private boolean running;
    /** Guarded by this. */
    private boolean ended;

    RedisWatch(Target target, WatchListener listener, Callbacks callbacks, Consumer<RedisWatch> onCancel) {
        this.target = target;
        this.listener = listener;
        this.callbacks = callbacks;
        this.onCancel = onCancel;
    }

    Target target() {
        return target;
    }

    @Override
    public void cancel() {
        end();
        onCancel.accept(this);
    }

    /** Begins no notice any more. */
    synchronized void end() {
        ended = true;
        pending.clear();
        resetPending = false;
    }

    void changed(String name, long revision) {
        synchronized (this) {
            if (ended || resetPending) {
                return;
            }
            pending.put(name, revision);
            if (pending.size() > MAX_PENDING) {
                pending.clear();
                resetPending = true;
            }
            if (running) {
                return;
            }
            running = true;
        }
        callbacks.execute(this);
    }

    void reset() {
        synchronized (this) {
            if (ended) {
                return;
            }
            pending.clear();
            resetPending = true;
            if (running) {
                return;
            }
            running = true;
        }
        callbacks.execute(this);
    }

    private record Notice(@Nullable String name, long revision) {}

    private synchronized @Nullable Notice next() {
        if (resetPending) {
            resetPending = false;
            return new Notice(null, 0);
        }
        Iterator<Map.Entry<String, Long>> first = pending.entrySet().iterator();
        if (!first.hasNext()) {
            running = false;
            return null;
        }
        Map.Entry<String, Long> oldest = first.next();
        first.remove();
        return new Notice(oldest.getKey(), oldest.getValue());
    }

    @Override
    public void run() {
        for (Notice notice = next(); notice != null; notice = next()) {
            try {
                if (notice.name == null) {
                    listener.reset();
                } else {
                    listener.changed(notice.name, notice.revision);
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
