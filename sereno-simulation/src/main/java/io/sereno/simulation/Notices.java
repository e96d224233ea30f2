package io.sereno.simulation;

import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The notices of one watch between the store and its listener. The link decides when each of them arrives. */
final class Notices implements Watch, WatchListener {
    private final Target target;
    private final NoticeQueue queue;
    private final Consumer<Notices> onCancel;
    /** Whether notices are dropped instead of delivered. */
    private volatile boolean losing;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private boolean cancelled;
    private @Nullable Watch opened;

    Notices(Target target, WatchListener listener, Link link, TimeSource time, Consumer<Notices> onCancel) {
        this.target = target;
        this.onCancel = onCancel;
        this.queue =
                new NoticeQueue(target, new Arrival(listener, link), task -> link.waiting(this), time, ended -> {});
    }

    Target target() {
        return target;
    }

    @Override
    public void changed(String name, long revision) {
        queue.changed(name, revision);
    }

    @Override
    public void reset() {
        queue.reset();
    }

    /** Drops waiting notices, as a broken connection does; the caller must send a reset afterwards. */
    void drop() {
        losing = true;
        while (queue.deliverNext()) {
            // The next one is dropped too.
        }
        losing = false;
    }

    /** Notifies the link once more that notices wait. */
    void deliver() {
        queue.deliver();
    }

    /** Lets the next notice arrive. Returns whether more wait; if not, the link is notified again when there is one. */
    boolean deliverNext() {
        return queue.deliverNext();
    }

    /** The store has opened the watch of these notices; too late, if the client gave up meanwhile. */
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
        queue.end();
        Watch inStore;
        lock.lock();
        try {
            cancelled = true;
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

    private final class Arrival implements WatchListener {
        private final WatchListener listener;
        private final Link link;

        Arrival(WatchListener listener, Link link) {
            this.listener = listener;
            this.link = link;
        }

        @Override
        public void changed(String name, long revision) {
            deliver(() -> listener.changed(name, revision));
        }

        @Override
        public void reset() {
            deliver(listener::reset);
        }

        private void deliver(Runnable notice) {
            if (losing) {
                return;
            }
            try {
                notice.run();
            } catch (RuntimeException | Error e) {
                link.threw(Notices.this, e);
            }
        }
    }
}
