package io.sereno.backend.postgresql;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.testservers.PostgresServer;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A server for the kit, started when it is needed. */
final class PostgresFixture implements BackendFixture, ServerControl {
    /** Not in the second JVM, which connects to the first one's. */
    private @Nullable PostgresServer started;

    private synchronized PostgresServer running() {
        if (started == null) {
            // As with usual settings: all that it acknowledges is on the disk.
            started = PostgresServer.start("fsync = on", "jit = on");
        }
        return started;
    }

    @Override
    public Backend connect(BackendConfig config) {
        return new PostgresBackendProvider().open(config);
    }

    @Override
    public String scheme() {
        return "postgresql";
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("dbname", PostgresServer.DATABASE);
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return running().endpoints();
    }

    /** Rows of entries and of watches; leases belong to no namespace. */
    @Override
    public OptionalLong stored(String namespace) {
        String sql =
                "SELECT (SELECT count(*) FROM sereno.entry WHERE ns = ?) + (SELECT count(*) FROM sereno.watch WHERE ns = ?)";
        try {
            return OptionalLong.of(Database.number(running().endpoint(), sql, namespace, namespace));
        } catch (SQLException e) {
            throw new IllegalStateException("the rows cannot be counted", e);
        }
    }

    @Override
    public Optional<ServerControl> server() {
        return Optional.of(this);
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
    public synchronized void close() {
        if (started != null) {
            started.close();
        }
    }
}
