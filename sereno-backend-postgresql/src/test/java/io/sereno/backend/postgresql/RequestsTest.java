package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.suite.common.RequestCosts;
import io.sereno.testservers.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The round trips of the recipes' operations: the statements that clients send, as the server counts them. */
@Tag("servers")
@Timeout(180)
class RequestsTest extends RequestCosts {
    private static final String WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint";

    private static PostgresServer server;
    private static Connection counter;

    @BeforeAll
    static void start() throws SQLException {
        server = PostgresServer.start(
                "shared_preload_libraries = 'pg_stat_statements'", "pg_stat_statements.track = 'top'");
        Database.run(server.endpoint(), "CREATE EXTENSION pg_stat_statements");
        counter = Database.connect(server.endpoint());
    }

    @AfterAll
    static void stop() throws SQLException {
        counter.close();
        server.close();
    }

    @Override
    protected Sereno connect() {
        return Sereno.connect("postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                + PostgresServer.DATABASE + "?namespace=requests&session-ttl=40s");
    }

    @Override
    protected long counted() throws SQLException {
        try (Statement statement = counter.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT sum(calls) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Each lock and unlock is two commits; prints what the guide says. */
    @Test
    void aLockAndUnlockWritesLittleToTheLog() throws Exception {
        int cycles = 2_000;
        try (Sereno sereno = connect()) {
            Mutex mutex = sereno.mutex("wal");
            mutex.acquire().release();
            Database.run(server.endpoint(), "CHECKPOINT");
            long before = Database.number(server.endpoint(), WRITTEN);
            for (int i = 0; i < cycles; i++) {
                mutex.acquire().release();
            }
            long each = (Database.number(server.endpoint(), WRITTEN) - before) / cycles;
            System.out.printf("%d bytes of write-ahead log for each lock and unlock%n", each);
            assertThat(each).isLessThan(4_096);
        }
    }

    @Override
    protected Path guide() {
        return Path.of("../docs/postgresql.md");
    }
}
