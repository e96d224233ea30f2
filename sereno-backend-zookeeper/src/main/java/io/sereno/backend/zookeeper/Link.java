package io.sereno.backend.zookeeper;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to the servers on one session, or on several in sequence. Requests wait here until there is a connection. So
 * it is known that they were not sent; in ZooKeeper's own queue their outcome would be unknown.
 */
final class Link implements Handle.Listener {
    private record Waiting(Consumer<Handle> action, Runnable ifDead) {}

    private final Handle.Listener next;
    private final Detour detour;

    /** All guarded by this. */
    private @Nullable Handle handle;

    private boolean connected;
    /** The handle was connected and has lost its connection. A detour replaces it, and what it still does by itself is ignored. */
    private boolean broken;

    private boolean dead;
    private final Set<Waiting> waiting = new LinkedHashSet<>();

    /** The listener is notified of the current handle only. */
    Link(Connection connection, Handle.Listener next) {
        this.next = next;
        this.detour = new Detour(connection, this);
    }

    /** Makes this the current handle. Events of the former one are ignored. */
    synchronized void attach(Handle newHandle) {
        handle = newHandle;
        connected = false;
        broken = false;
    }

    /**
     * Makes this the current handle, on the same session as the former one. False if the former one is no longer
     * current.
     */
    synchronized boolean replace(Handle former, Handle other) {
        if (dead || handle != former) {
            return false;
        }
        attach(other);
        return true;
    }

    /**
     * Runs the action as soon as there is a connection, unless the call ends before; runs the other action once there will
     * never be a connection.
     */
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
            detour.sent(ready);
        }
    }

    /** The current handle, which may not be connected. */
    synchronized @Nullable Handle handle() {
        return handle;
    }

    synchronized boolean isConnected() {
        return connected;
    }

    synchronized boolean isDead() {
        return dead;
    }

    /** Sends nothing from now on. False if that was already so. */
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
        detour.stop();
        over.forEach(entry -> entry.ifDead.run());
        return true;
    }

    @Override
    public void connected(Handle which) {
        List<Waiting> ready;
        synchronized (this) {
            if (which != handle || dead || broken) {
                return;
            }
            connected = true;
            ready = takeWaiting();
        }
        detour.connectedBy(which);
        next.connected(which);
        ready.forEach(entry -> entry.action.accept(which));
        detour.sent(which);
    }

    @Override
    public void disconnected(Handle which) {
        synchronized (this) {
            if (which != handle || dead || broken) {
                return;
            }
            connected = false;
            // Without a session there is nothing to continue elsewhere; the handle itself retries.
            broken = which.getSessionId() != 0;
            if (!broken) {
                return;
            }
        }
        next.disconnected(which);
        detour.broken(which);
    }

    @Override
    public void ended(Handle which, boolean refused) {
        synchronized (this) {
            // A handle that is given up reports that its session has expired, whatever the server knows.
            if (which != handle || broken) {
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
