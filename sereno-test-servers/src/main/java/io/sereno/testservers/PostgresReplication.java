package io.sereno.testservers;

import java.io.IOException;
import java.util.List;

/**
 * A PostgreSQL primary and its replica, which follows by streaming and answers reads.
 *
 * <p>Replication is asynchronous, unless a setting says otherwise: writes that the primary acknowledged may be lost
 * when the replica takes its place, and are certainly lost after {@link #cutReplica()}. Nothing promotes the replica
 * but {@link #promote}.
 */
public final class PostgresReplication extends ServerGroup<PostgresServer> {
    private static final String REPLICATION_USER = "replicator";

    private final PostgresServer first;
    private final PostgresServer second;
    private volatile PostgresServer primary;
    private volatile boolean cut;

    private PostgresReplication(PostgresServer first, PostgresServer second) {
        super(List.of(first, second));
        this.first = first;
        this.second = second;
        this.primary = first;
    }

    /**
     * Starts both servers; returns when they answer and the replica follows.
     *
     * @param settings for both servers, as {@link PostgresServer#start} takes them:
     *     {@code "synchronous_standby_names = '*'"} makes the primary wait for the replica
     */
    public static PostgresReplication start(String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            int one = ports.next();
            int other = ports.next();
            PostgresServer first = new PostgresServer("postgresql-1", one, List.of(following(other)), settings);
            PostgresServer second = new PostgresServer("postgresql-2", other, List.of(following(one)), settings);
            first.create();
            return new PostgresReplication(first, second);
        });
    }

    /** A primary ignores the setting. */
    private static String following(int port) {
        return "primary_conninfo = 'host=127.0.0.1 port=" + port + " user=" + REPLICATION_USER + "'";
    }

    /** The server that was promoted last; at first, the first. */
    public PostgresServer primary() {
        return primary;
    }

    /** The server of the two that is not the {@link #primary()}. */
    public PostgresServer replica() {
        return primary == first ? second : first;
    }

    /**
     * Cuts the link from primary to replica: later writes that the primary acknowledges are not replicated, and earlier
     * ones are. The primary continues to serve clients, and the replica keeps its data and answers reads. Returns when
     * no replica is connected.
     */
    public void cutReplica() {
        PostgresServer server = primary;
        awaitReplay();
        cut = true;
        query(server, "alter role " + REPLICATION_USER + " nologin");
        server.await("lose its replica", () -> {
            server.query("select pg_terminate_backend(pid) from pg_stat_replication");
            return server.query("select count(*) from pg_stat_replication").equals("0");
        });
    }

    /** Restores the link that {@link #cutReplica()} cut; returns when the replica follows again. */
    public void healReplica() {
        allowReplication();
        awaitLink();
    }

    /**
     * Ends the replica's recovery, whether or not the present primary is up; returns when the replica accepts writes. If
     * the primary is up and the link is not cut, the replica has all earlier writes. No effect on the primary.
     *
     * <p>A former primary that is up continues to accept writes, also after a restart, until {@link #rejoin()}: these
     * writes are lost.
     */
    public void promote(PostgresServer server) {
        if (server != first && server != second) {
            throw new IllegalArgumentException(server + " is neither primary nor replica of " + this);
        }
        if (server == primary) {
            return;
        }
        awaitReplay();
        query(server, "select pg_promote(false)");
        server.await("become the primary", () -> !isStandby(server));
        primary = server;
    }

    /**
     * Makes the server that is not the primary its replica, with a fresh copy of the primary's data; what only that
     * server had is lost. Returns when the replica follows.
     */
    public void rejoin() {
        allowReplication(); // the promoted server may know of an earlier cut
        replica().copy(primary, REPLICATION_USER);
        replica().restart();
        awaitLink();
    }

    private void allowReplication() {
        query(primary, "alter role " + REPLICATION_USER + " login");
        cut = false;
    }

    private void awaitLink() {
        PostgresServer server = primary;
        server.await(
                "be followed by its replica",
                () -> server.query("select count(*) from pg_stat_replication where state = 'streaming'")
                        .equals("1"));
    }

    /** Waits until the replica has what the primary has written, if the two are up and connected. */
    private void awaitReplay() {
        PostgresServer from = primary;
        PostgresServer to = replica();
        if (cut || !from.isRunning() || !to.isRunning() || !isStandby(to)) {
            return;
        }
        to.await("replay what the primary has written", () -> {
            long written = Long.parseLong(from.query("select (pg_current_wal_lsn() - '0/0')::bigint"));
            return Long.parseLong(to.query("select (pg_last_wal_replay_lsn() - '0/0')::bigint")) >= written;
        });
    }

    private static void query(PostgresServer server, String sql) {
        try {
            server.query(sql);
        } catch (IOException e) {
            throw new TestServerException(sql + " on " + server + " failed", e);
        }
    }

    /** The replica's first start needs the primary's data. After a promotion, a former primary starts as such. */
    @Override
    void startMembers() {
        primary.launch();
        primary.awaitAnswer();
        if (!replica().hasData()) {
            query(primary, "create role " + REPLICATION_USER + " login replication");
            replica().copy(primary, REPLICATION_USER);
        }
        replica().launch();
        replica().awaitAnswer();
        if (!cut && isStandby(replica())) {
            awaitLink();
        }
    }

    private static boolean isStandby(PostgresServer server) {
        try {
            return server.query("select pg_is_in_recovery()").equals("t");
        } catch (IOException e) {
            throw new TestServerException("asking " + server + " for its role failed", e);
        }
    }
}
