package io.sereno.backend.zookeeper;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to the servers on one session, or on one after the other. What has to be sent waits here until there is a
 * connection: so it is known that it was not sent, where ZooKeeper's own queue would leave that in doubt.
 */
final class Link implements Handle.Listener {
    private record Waiting(Consumer<Handle> action, Runnable ifDead) {}

    private final Handle.Listener next;

    /** All guarded by this. */
    private @Nullable Handle handle;

    private boolean connected;
    private boolean dead;
    private final Set<Waiting> waiting = new LinkedHashSet<>();

    /** The listener hears of the present handle only. */
    Link(Handle.Listener next) {
        this.next = next;
    }

    /** From here on this is the handle, and what happens to the one before counts no more. */
    synchronized void attach(Handle newHandle) {
        handle = newHandle;
        connected = false;
    }

    /** Runs the action as soon as there is a connection, unless the call ends before; or the other, once there will be none. */
    void whenConnected(Call<?> call, Consumer<Handle> action, Runnable ifDead) {
        Handle ready = null;
        boolean over;
        synchronized (this) {
            over = dead;
            if (!over && connected) {
                ready = handle;
            } else if (!over) {
                Waiting entry = new Waiting(action, ifDead);
                waiting.add(entry);
                call.atEnd(() -> forget(entry));
                return;
            }
        }
        if (over) {
            ifDead.run();
        } else if (ready != null) {
            action.accept(ready);
        }
    }

    /** The present one; it may be without a connection. */
    synchronized @Nullable Handle handle() {
        return handle;
    }

    synchronized boolean isConnected() {
        return connected;
    }

    synchronized boolean isDead() {
        return dead;
    }

    /** Nothing is sent any more. False if it was so already. */
    boolean die() {
        List<Waiting> over;
        synchronized (this) {
            if (dead) {
                return false;
            }
            dead = true;
            connected = false;
            over = takeWaiting();
        }
        over.forEach(entry -> entry.ifDead.run());
        return true;
    }

    @Override
    public void connected(Handle which) {
        List<Waiting> ready;
        synchronized (this) {
            if (which != handle || dead) {
                return;
            }
            connected = true;
            ready = takeWaiting();
        }
        next.connected(which);
        ready.forEach(entry -> entry.action.accept(which));
    }

    @Override
    public void disconnected(Handle which) {
        synchronized (this) {
            if (which != handle) {
                return;
            }
            connected = false;
        }
        next.disconnected(which);
    }

    @Override
    public void ended(Handle which, boolean refused) {
        synchronized (this) {
            if (which != handle) {
                return;
            }
            connected = false;
        }
        next.ended(which, refused);
    }

    @Override
    public void changed(String path, long zxid) {
        next.changed(path, zxid);
    }

    private synchronized void forget(Waiting entry) {
        waiting.remove(entry);
    }

    private List<Waiting> takeWaiting() {
        List<Waiting> all = new ArrayList<>(waiting);
        waiting.clear();
        return all;
    }
}
