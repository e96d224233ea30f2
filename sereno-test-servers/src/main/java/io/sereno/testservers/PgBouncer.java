package io.sereno.testservers;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * A PostgreSQL server behind a PgBouncer that pools by transactions: two transactions of one client may run on two
 * connections to the server, and each of those connections serves many clients.
 */
public final class PgBouncer extends ServerGroup<ServerNode> {
    private final PostgresServer server;
    private final ServerNode pooler;

    private PgBouncer(PostgresServer server, ServerNode pooler) {
        super(List.of(server, pooler));
        this.server = server;
        this.pooler = pooler;
    }

    /**
     * Starts both; returns when they answer.
     *
     * @param settings lines for the section {@code [pgbouncer]} of pgbouncer.ini, {@code "default_pool_size = 2"}; they
     *     override the ones chosen here
     */
    public static PgBouncer start(String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            PostgresServer server = PostgresServer.alone("postgresql", ports, List.of());
            return new PgBouncer(server, new PgBouncerNode(ports.next(), server, settings));
        });
    }

    /** Also returns only when the pooler reaches the server: it does not try again at once after a login that failed. */
    @Override
    void startMembers() {
        super.startMembers();
        pooler.await("reach the server", () -> {
            try (PostgresConnection connection = new PostgresConnection(pooler.endpoint(), PostgresServer.DATABASE)) {
                return !connection.query("SELECT 1").isEmpty();
            }
        });
    }

    /** The pooler's endpoint. */
    @Override
    public List<InetSocketAddress> endpoints() {
        return pooler.endpoints();
    }

    /** The server behind the pooler; its endpoint bypasses the pooler. */
    public PostgresServer server() {
        return server;
    }

    /** The PgBouncer. */
    public ServerNode pooler() {
        return pooler;
    }
}
