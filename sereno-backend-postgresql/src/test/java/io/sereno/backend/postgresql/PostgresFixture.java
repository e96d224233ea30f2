package io.sereno.backend.postgresql;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.tck.Waiver;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.TestServer;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Servers for the kit, started when they are needed. */
final class PostgresFixture implements BackendFixture, ServerControl {
    /** Opens a backend, as an application would. */
    @FunctionalInterface
    interface Opening {
        Backend open(BackendConfig config);
    }

    private final Opening opening;
    private final Supplier<? extends TestServer> starting;
    private final List<Waiver> waivers;
    /** Not in the second JVM, which connects to the first one's. */
    private @Nullable TestServer started;

    PostgresFixture(Opening opening, Supplier<? extends TestServer> starting, Waiver... waivers) {
        this.opening = opening;
        this.starting = starting;
        this.waivers = List.of(waivers);
    }

    @Override
    public List<Waiver> waivers() {
        return waivers;
    }

    private synchronized TestServer running() {
        if (started == null) {
            started = starting.get();
            try {
                // The kit names no user.
                String role = "CREATE ROLE \"" + System.getProperty("user.name") + "\" SUPERUSER LOGIN";
                Database.run(started.endpoints().get(0), role);
            } catch (SQLException e) {
                throw new IllegalStateException("the role of this process cannot be made", e);
            }
        }
        return started;
    }

    @Override
    public Backend connect(BackendConfig config) {
        return opening.open(config);
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
            return OptionalLong.of(Database.number(running().endpoints().get(0), sql, namespace, namespace));
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
