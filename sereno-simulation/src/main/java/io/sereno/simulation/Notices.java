package io.sereno.simulation;

import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The notices of one watch on their way to its listener. Those for one name that wait together are merged, a reset takes
 * the place of all that wait.
 */
final class Notices implements Watch, WatchListener {
    private final Target target;
    private final WatchListener listener;
    private final Link link;
    private final Consumer<Notices> onCancel;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private final Map<String, Long> waiting = new LinkedHashMap<>();
    private boolean resetWaiting;
    /** Whether the link was told that notices wait, and has not delivered them all. */
    private boolean linkTold;

    private boolean cancelled;
    private @Nullable Watch opened;

    Notices(Target target, WatchListener listener, Link link, Consumer<Notices> onCancel) {
        this.target = target;
        this.listener = listener;
        this.link = link;
        this.onCancel = onCancel;
    }

    Target target() {
        return target;
    }

    boolean covers(String directory, String name) {
        return target.directory().equals(directory)
                && target.name().map(name::equals).orElse(true);
    }

    @Override
    public void changed(String name, long revision) {
        lock.lock();
        try {
            if (cancelled || resetWaiting) {
                return;
            }
            waiting.put(name, revision);
            if (linkTold) {
                return;
            }
            linkTold = true;
        } finally {
            lock.unlock();
        }
        link.waiting(this);
    }

    @Override
    public void reset() {
        lock.lock();
        try {
            if (cancelled) {
                return;
            }
            waiting.clear();
            resetWaiting = true;
            if (linkTold) {
                return;
            }
            linkTold = true;
        } finally {
            lock.unlock();
        }
        link.waiting(this);
    }

    /** Forgets what waits, as a connection that breaks does; whoever calls this owes a reset. */
    void drop() {
        lock.lock();
        try {
            waiting.clear();
            resetWaiting = false;
        } finally {
            lock.unlock();
        }
    }

    /** The link could not deliver what waits; it is told again when more does. */
    void notDelivered() {
        lock.lock();
        try {
            linkTold = false;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the next notice arrive. Answers whether more wait; if not, the link is told again when there is one. */
    boolean deliverNext() {
        String name = null;
        long revision = 0;
        lock.lock();
        try {
            if (waiting.isEmpty() && !resetWaiting) {
                linkTold = false;
                return false;
            }
            if (!resetWaiting) {
                Iterator<Map.Entry<String, Long>> first = waiting.entrySet().iterator();
                Map.Entry<String, Long> notice = first.next();
                name = notice.getKey();
                revision = notice.getValue();
                first.remove();
            }
            resetWaiting = false;
        } finally {
            lock.unlock();
        }
        try {
            if (name == null) {
                listener.reset();
            } else {
                listener.changed(name, revision);
            }
        } catch (RuntimeException | Error e) {
            link.threw(this, e);
        }
        lock.lock();
        try {
            linkTold = !waiting.isEmpty() || resetWaiting;
            return linkTold;
        } finally {
            lock.unlock();
        }
    }

    /** The store has opened the watch whose notices these are; too late, if the client gave up meanwhile. */
    Notices opened(Watch inStore) {
        boolean late;
        lock.lock();
        try {
            opened = inStore;
            late = cancelled;
        } finally {
            lock.unlock();
        }
        if (late) {
            inStore.cancel();
        }
        return this;
    }

    @Override
    public void cancel() {
        Watch inStore;
        lock.lock();
        try {
            cancelled = true;
            waiting.clear();
            resetWaiting = false;
            inStore = opened;
        } finally {
            lock.unlock();
        }
        if (inStore != null) {
            inStore.cancel();
        }
        onCancel.accept(this);
    }

    @Override
    public String toString() {
        return describe(target);
    }

    static String describe(Target target) {
        return target.directory() + target.name().map(name -> " entry " + name).orElse("");
    }
}
