package io.sereno.backend.memory;

import io.sereno.spi.Names;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The notices of one watch on their way to its listener: merged by name, bounded, one at a time. What is pending is guarded
 * by the store's lock; the listener runs outside it.
 */
final class MemoryWatch implements Watch, Runnable {
    /** More names than this waiting become one reset. */
    static final int MAX_PENDING = 1_024;

    private static final System.Logger LOG = System.getLogger(MemoryWatch.class.getName());

    private final MemoryStore store;
    private final MemoryConnection connection;
    private final Target target;
    private final WatchListener listener;

    private final Map<String, Long> pending = new LinkedHashMap<>();
    private boolean resetPending;
    /** Whether a run is on its way or going on; it takes what comes meanwhile along. */
    private boolean running;

    MemoryWatch(MemoryStore store, MemoryConnection connection, Target target, WatchListener listener) {
        this.store = store;
        this.connection = connection;
        this.target = target;
        this.listener = listener;
    }

    MemoryConnection connection() {
        return connection;
    }

    Target target() {
        return target;
    }

    @Override
    public void cancel() {
        store.cancel(this);
    }

    /** Under the lock: adds a notice; true if the watch has to be woken. */
    boolean add(String name, long revision) {
        if (!resetPending) {
            pending.put(name, revision);
            if (pending.size() > MAX_PENDING) {
                pending.clear();
                resetPending = true;
            }
        }
        boolean wake = !running;
        running = true;
        return wake;
    }

    /** Under the lock: anything may have changed; true if the watch has to be woken. */
    boolean addReset() {
        pending.clear();
        resetPending = true;
        boolean wake = !running;
        running = true;
        return wake;
    }

    /** Under the lock: forgets what waits. The store adds nothing to a watch that it dropped. */
    void drop() {
        pending.clear();
        resetPending = false;
    }

    /** Outside the lock: has the notices delivered. */
    void wake() {
        try {
            connection.callbacks().execute(this);
        } catch (RuntimeException e) {
            store.lock();
            running = false;
            store.unlock();
            LOG.log(
                    Level.WARNING,
                    () -> Names.printable(
                            "notices of " + target + " wait: the executor of callbacks did not take them"),
                    e);
        }
    }

    @Override
    public void run() {
        while (true) {
            String name = null;
            long revision = 0;
            store.lock();
            try {
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
            } finally {
                store.unlock();
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
