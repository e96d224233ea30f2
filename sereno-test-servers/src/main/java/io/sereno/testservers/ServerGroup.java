package io.sereno.testservers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Several servers that form one store. */
public abstract sealed class ServerGroup<N extends ServerNode> implements TestServer
        permits EtcdCluster, ZooKeeperEnsemble, RedisSentinel, RedisCluster, PostgresReplication, PgBouncer {
    private final List<N> members;

    ServerGroup(List<N> members) {
        this.members = List.copyOf(members);
    }

    static void requireSize(int size) {
        if (size < 1) {
            throw new IllegalArgumentException(size + " members were asked for; 1 or more are accepted");
        }
    }

    /** Each member can be paused, killed and restarted separately. */
    public final List<N> members() {
        return members;
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return members.stream().map(ServerNode::endpoint).toList();
    }

    @Override
    public final void pause() {
        forEach(ServerNode::pause);
    }

    @Override
    public final void resume() {
        forEach(ServerNode::resume);
    }

    @Override
    public final void kill() {
        forEach(ServerNode::kill);
    }

    @Override
    public final void restart() {
        kill();
        startMembers();
    }

    /** All members stand still before the first is copied, so that the copies are of one moment. */
    @Override
    public final void backup() {
        List<N> running = members.stream().filter(ServerNode::isRunning).toList();
        running.forEach(ServerNode::pause);
        try {
            forEach(ServerNode::keep);
        } finally {
            running.forEach(ServerNode::resume);
        }
    }

    @Override
    public final void restore() {
        kill();
        forEach(ServerNode::putBack);
        startMembers();
    }

    /** Starts the members, none of which has a process, and returns when the whole store answers. */
    void startMembers() {
        start(members);
    }

    /** Starts these members, and returns when each of them answers. */
    static void start(List<? extends ServerNode> some) {
        some.forEach(ServerNode::launch);
        some.forEach(ServerNode::awaitAnswer);
    }

    @Override
    public final void close() {
        forEach(ServerNode::close);
    }

    /** Runs for every member, even after one failed. */
    private void forEach(Consumer<ServerNode> action) {
        RuntimeException failure = null;
        for (ServerNode member : members) {
            try {
                action.accept(member);
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** What a member reports about itself; an IOException counts as no and is the reason. */
    @FunctionalInterface
    interface Role<N> {
        boolean isPlayedBy(N member) throws IOException;
    }

    /** The first running member that has the role; waits until there is one. */
    final N awaitMember(String role, Role<N> asked) {
        N witness = members.stream()
                .filter(ServerNode::isRunning)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no member runs: " + members));
        AtomicReference<@Nullable N> found = new AtomicReference<>();
        witness.await("see " + role, () -> {
            IOException reason = null;
            for (N member : members) {
                try {
                    if (member.isRunning() && asked.isPlayedBy(member)) {
                        found.set(member);
                        return true;
                    }
                } catch (IOException e) {
                    reason = e;
                }
            }
            if (reason != null) {
                throw reason;
            }
            return false;
        });
        return Objects.requireNonNull(found.get());
    }

    /** Lists its members. */
    @Override
    public final String toString() {
        return members.toString();
    }
}
