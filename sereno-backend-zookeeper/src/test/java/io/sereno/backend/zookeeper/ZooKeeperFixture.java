package io.sereno.backend.zookeeper;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/** A server for the kit, started when it is needed. */
final class ZooKeeperFixture implements BackendFixture, ServerControl {
    private final Function<BackendConfig, Backend> opener;
    private @Nullable ZooKeeperServer server;

    ZooKeeperFixture(Function<BackendConfig, Backend> opener) {
        this.opener = opener;
    }

    @Override
    public Backend connect(BackendConfig config) {
        return opener.apply(config);
    }

    @Override
    public String scheme() {
        return "zookeeper";
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        // The server removes empty containers once a minute unless it is configured otherwise.
        server = ZooKeeperServer.start("-Dznode.container.checkIntervalMs=1000");
        return server.endpoints();
    }

    @Override
    public OptionalLong stored(String namespace) {
        try {
            ZooKeeper bare = new ZooKeeper(running().authority(), 10_000, event -> {});
            try {
                Paths paths = new Paths(namespace);
                List<String> ancestors = paths.ancestors();
                String root = ancestors.isEmpty() ? "/" : ancestors.get(ancestors.size() - 1);
                long ofTheNamespaceItself = bare.getAllChildrenNumber(paths.clock()) + 1L;
                return OptionalLong.of(bare.getAllChildrenNumber(root) - ofTheNamespaceItself);
            } finally {
                bare.close();
            }
        } catch (IOException | KeeperException e) {
            throw new IllegalStateException("cannot count the nodes of namespace " + namespace, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Optional<ServerControl> server() {
        return Optional.of(this);
    }

    private ZooKeeperServer running() {
        if (server == null) {
            throw new IllegalStateException("no server was started");
        }
        return server;
    }

    @Override
    public Set<Ability> abilities() {
        return Set.of(Ability.PAUSE, Ability.RESTART, Ability.RESTORE);
    }

    @Override
    public void pause() {
        running().pause();
    }

    @Override
    public void resume() {
        running().resume();
    }

    @Override
    public void kill() {
        running().kill();
    }

    @Override
    public void restart() {
        running().restart();
    }

    @Override
    public void backup() {
        running().backup();
    }

    @Override
    public void restore() {
        running().restore();
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }
}
