package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendException;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * All watches of a client, on its one main session. ZooKeeper keeps a persistent watch when the connection is lost, but
 * does not report what happens meanwhile. So after each loss there is a reset, once the watch is live again. On the same
 * session that is after one round trip, which the server carries out after it has set the watches again; on a new
 * session it is after each watch was added again.
 *
 * <p>A watch of a directory includes its content, a watch of an entry only the entry. Watches of one target share one
 * ZooKeeper watch.
 */
final class Watches implements Handle.Listener {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** One watched node. Guarded by the watches. */
    private static final class Node {
        final String path;
        final boolean directory;
        final Set<NoticeQueue> live = new LinkedHashSet<>();
        final Map<NoticeQueue, Call<Watch>> beginning = new HashMap<>();
        /** The handle on which the server has set the watch. */
        @Nullable
        Handle setOn;

        Node(String path, boolean directory) {
            this.path = path;
            this.directory = directory;
        }
    }

    private final Paths paths;
    private final Link link;
    private final TimeSource time;
    private final ForeignNodes foreign;
    private final Runnable onRefused;
    private final Consumer<Handle> onExpired;

    /** All guarded by this. */
    private final Map<String, Node> nodes = new HashMap<>();

    private @Nullable Handle handle;
    private boolean closed;

    /**
     * @param onRefused called when the credentials of the main session were refused
     * @param onExpired called when the main session has expired, and must be replaced
     */
    Watches(Connection connection, ForeignNodes foreign, Runnable onRefused, Consumer<Handle> onExpired) {
        this.paths = connection.paths();
        this.time = connection.time();
        this.foreign = foreign;
        this.onRefused = onRefused;
        this.onExpired = onExpired;
        this.link = new Link(connection, this);
    }

    /** The link of the main session. */
    Link link() {
        return link;
    }

    void begin(Call<Watch> call, NoticeQueue notices) {
        String path = path(notices.target());
        link.whenConnected(
                call,
                on -> begin(call, notices, path, on),
                () -> call.interrupt("the session with ZooKeeper has ended, and no other will follow", true));
    }

    private void begin(Call<Watch> call, NoticeQueue notices, String path, Handle on) {
        Node node;
        boolean add;
        boolean live;
        synchronized (this) {
            if (closed) {
                return;
            }
            Node known = nodes.get(path);
            add = known == null;
            node = known != null
                    ? known
                    : new Node(path, notices.target().name().isEmpty());
            nodes.put(path, node);
            live = node.setOn == on;
            if (live) {
                node.live.add(notices);
            } else {
                node.beginning.put(notices, call);
            }
        }
        if (live) {
            isLive(notices, call);
            return;
        }
        call.atEnd(() -> abandoned(node, notices));
        if (add) {
            set(node, on);
        }
    }

    /** The call has ended, perhaps without the watch. */
    private void abandoned(Node node, NoticeQueue notices) {
        synchronized (this) {
            node.beginning.remove(notices);
        }
        dropIfUnused(node);
    }

    void cancel(NoticeQueue notices) {
        Node node;
        synchronized (this) {
            node = nodes.get(path(notices.target()));
            if (node == null || !node.live.remove(notices)) {
                return;
            }
        }
        dropIfUnused(node);
    }

    private void dropIfUnused(Node node) {
        Handle on;
        synchronized (this) {
            if (!node.live.isEmpty() || !node.beginning.isEmpty() || !nodes.remove(node.path, node)) {
                return;
            }
            on = node.setOn;
        }
        // A watch that is being set is removed once it is set: see isSet.
        if (on != null) {
            on.unwatch(node.path);
        }
    }

    private void set(Node node, Handle on) {
        Call.followWithoutCall(
                on,
                on.watch(node.path, node.directory ? AddWatchMode.PERSISTENT_RECURSIVE : AddWatchMode.PERSISTENT)
                        .thenAccept(answer -> {
                            if (answer.isOk()) {
                                isSet(node, on);
                            } else if (answer.code() != Code.CONNECTIONLOSS && answer.code() != Code.SESSIONEXPIRED) {
                                refused(node, on, answer.code());
                            }
                            // Otherwise it is set on the next connection.
                        }));
    }

    private void isSet(Node node, Handle on) {
        List<NoticeQueue> again;
        Map<NoticeQueue, Call<Watch>> first;
        synchronized (this) {
            if (handle != on) {
                return;
            }
            if (nodes.get(node.path) == node) {
                node.setOn = on;
            }
            again = List.copyOf(node.live);
            first = Map.copyOf(node.beginning);
            node.live.addAll(first.keySet());
        }
        if (again.isEmpty() && first.isEmpty()) {
            unwatchIfNobodyDoes(node, on);
        }
        again.forEach(NoticeQueue::reset);
        first.forEach(this::isLive);
    }

    private void isLive(NoticeQueue notices, Call<Watch> call) {
        if (!call.end(notices)) {
            notices.cancel();
        }
    }

    private void unwatchIfNobodyDoes(Node node, Handle on) {
        synchronized (this) {
            if (nodes.containsKey(node.path)) {
                return;
            }
        }
        on.unwatch(node.path);
    }

    private void refused(Node node, Handle on, Code code) {
        Map<NoticeQueue, Call<Watch>> first;
        synchronized (this) {
            first = Map.copyOf(node.beginning);
        }
        BackendException why = Failures.ofRead("watching " + node.path, code);
        first.values().forEach(call -> call.fail(why));
        time.schedule(PAUSE, Runnable::run, () -> {
            boolean wanted;
            synchronized (this) {
                wanted = !closed && handle == on && nodes.get(node.path) == node;
            }
            if (wanted) {
                set(node, on);
            }
        });
    }

    @Override
    public void connected(Handle which) {
        List<Node> kept = new ArrayList<>();
        List<Node> lost = new ArrayList<>();
        synchronized (this) {
            handle = which;
            nodes.values().forEach(node -> (node.setOn == which ? kept : lost).add(node));
        }
        lost.forEach(node -> set(node, which));
        if (!kept.isEmpty()) {
            Call.followWithoutCall(which, which.roundTrip(paths.clock()).thenAccept(answer -> {
                // Without an answer there will be another connection, and another round trip.
                if (answer.code() == Code.OK || answer.code() == Code.NONODE) {
                    kept.forEach(this::reset);
                }
            }));
        }
    }

    /** Notifies all watches that anything may have changed. */
    void reset() {
        List<Node> all;
        synchronized (this) {
            all = List.copyOf(nodes.values());
        }
        all.forEach(this::reset);
    }

    private void reset(Node node) {
        List<NoticeQueue> live;
        synchronized (this) {
            live = List.copyOf(node.live);
        }
        live.forEach(NoticeQueue::reset);
    }

    @Override
    public void disconnected(Handle which) {}

    @Override
    public void ended(Handle which, boolean refused) {
        if (refused) {
            onRefused.run();
        } else {
            onExpired.accept(which);
        }
    }

    @Override
    public void changed(String path, long zxid) {
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        List<NoticeQueue> affected = new ArrayList<>();
        synchronized (this) {
            Node entry = nodes.get(path);
            if (entry != null && !entry.directory) {
                affected.addAll(entry.live);
            }
            Node directory = slash > 0 ? nodes.get(path.substring(0, slash)) : null;
            if (directory != null && directory.directory) {
                affected.addAll(directory.live);
            }
        }
        if (!affected.isEmpty()) {
            String decoded = Paths.decode(name);
            if (decoded == null) {
                foreign.skipped(path);
            } else {
                affected.forEach(notices -> notices.changed(decoded, Math.max(0, zxid)));
            }
        }
    }

    void close() {
        List<NoticeQueue> all = new ArrayList<>();
        synchronized (this) {
            closed = true;
            nodes.values().forEach(node -> all.addAll(node.live));
            nodes.clear();
        }
        all.forEach(NoticeQueue::end);
        link.die();
    }

    private String path(Target target) {
        String directory = paths.directory(target.directory());
        return target.name().map(name -> Paths.entry(directory, name)).orElse(directory);
    }
}
