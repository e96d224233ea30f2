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
    private final Detour detour;

    /** All guarded by this. */
    private @Nullable Handle handle;

    private boolean connected;
    /** The handle has been connected, and is no more: a detour takes its place, and what it may yet do by itself does not count. */
    private boolean broken;

    private boolean dead;
    private final Set<Waiting> waiting = new LinkedHashSet<>();

    /** The listener hears of the present handle only. */
    Link(Connection connection, Handle.Listener next) {
        this.next = next;
        this.detour = new Detour(connection, this);
    }

    /** From here on this is the handle, and what happens to the one before counts no more. */
    synchronized void attach(Handle newHandle) {
        handle = newHandle;
        connected = false;
        broken = false;
    }

    /** From here on this is the handle, on the same session as the one before. False if that one is it no more. */
    synchronized boolean replace(Handle former, Handle other) {
        if (dead || handle != former) {
            return false;
        }
        attach(other);
        return true;
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
            detour.sent(ready);
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
            // Without a session there is nothing to go on with elsewhere; it tries on by itself.
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
            // One that is given up says of itself that its session has expired, whatever the server thinks.
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
