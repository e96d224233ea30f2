package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Query;
import io.sereno.testservers.PostgresServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The schema: who creates it, and what older and newer ones lead to. */
@Tag("servers")
@Timeout(120)
class SchemaTest {
    private static PostgresServer server;

    private final RealTime time = new RealTime();

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @BeforeEach
    void aDatabaseWithoutSchema() throws SQLException {
        sql("DROP SCHEMA IF EXISTS sereno CASCADE", "DROP ROLE IF EXISTS app", "CREATE ROLE app LOGIN");
    }

    @AfterEach
    void stop() {
        time.close();
    }

    @Test
    void clientsThatConnectAtTheSameTimeCreateItOnce() throws Exception {
        var threads = Executors.newCachedThreadPool();
        List<CompletableFuture<Backend>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(CompletableFuture.supplyAsync(() -> config().open(), threads));
        }
        for (CompletableFuture<Backend> opened : all) {
            try (Backend backend = opened.get()) {
                requireWorks(backend);
            }
        }
        threads.shutdownNow();
    }

    @Test
    void aRoleWithoutTheRightToCreateItIsToldWhatToDo() {
        assertThatThrownBy(() -> config().as("app").open())
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.permanent()).isTrue())
                .hasMessageContainingAll("permission denied for database", "administrator", "sereno.sql");
    }

    @Test
    void aRoleWithTheListedRightsNeedsNoOthers() throws SQLException {
        sql("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
        sql(Schema.script());
        assertThatThrownBy(() -> config().as("app").open()).hasMessageContaining("permission denied for schema sereno");

        List<String> grants = Schema.script()
                .lines()
                .filter(line -> line.startsWith("--   GRANT"))
                .map(line -> line.substring(2))
                .toList();
        assertThat(grants).hasSize(4);
        sql(grants.toArray(String[]::new));
        // Nothing may be created by it.
        sql(
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC");
        try (Backend backend = config().as("app").open()) {
            requireWorks(backend);
        }
    }

    @Test
    void anOlderSchemaIsUpgradedAndKeepsItsEntries() throws SQLException {
        try (Backend backend = config().open()) {
            put(backend, "kept");
        }
        sql("UPDATE sereno.store SET version = 0", "DROP FUNCTION sereno.renew", "DROP FUNCTION sereno.reap");
        try (Backend backend = config().open()) {
            requireWorks(backend);
            assertThat(backend.read(new Query.All("d"))
                            .toCompletableFuture()
                            .join()
                            .entries())
                    .anySatisfy(entry -> assertThat(entry.name()).isEqualTo("kept"));
        }
    }

    /** As where a database was replaced by an earlier state. */
    @Test
    void aSchemaThatIsLostIsMadeAgain() throws SQLException {
        try (Backend backend = config().open()) {
            requireWorks(backend);
            sql("DROP SCHEMA sereno CASCADE");
            requireWorks(backend);
        }
    }

    @Test
    void aNewerSchemaIsRefused() throws SQLException {
        sql(Schema.script(), "UPDATE sereno.store SET version = 2");
        assertThatThrownBy(() -> config().open())
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.permanent()).isTrue())
                .hasMessageContainingAll("version 2", "up to 1", "update sereno-backend-postgresql");
    }

    @Test
    void theScriptChangesNothingOfANewerSchema() throws SQLException {
        sql(Schema.script(), "DROP FUNCTION sereno.renew", "UPDATE sereno.store SET version = 2");
        assertThatThrownBy(() -> sql(Schema.script())).hasMessageContainingAll("newer than this script", "version 1");
        assertThat(Database.number(server.endpoint(), "SELECT version FROM sereno.store"))
                .isEqualTo(2);
        assertThat(Database.number(server.endpoint(), "SELECT count(to_regproc('sereno.renew'))"))
                .isZero();
    }

    @Test
    void anotherEncodingIsRefused() throws SQLException {
        sql("DROP DATABASE IF EXISTS latin", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
        assertThatThrownBy(
                        () -> config().with(java.util.Map.of("dbname", "latin")).open())
                .hasMessageContainingAll("LATIN1", "UTF8");
    }

    @Test
    void anotherIsolationOfTheRoleIsRefused() throws SQLException {
        sql("ALTER ROLE app SET default_transaction_isolation = 'repeatable read'");
        assertThatThrownBy(() -> config().as("app").open())
                .hasMessageContainingAll("repeatable read", "read committed", "ALTER ROLE");
    }

    private Opened config() {
        return Opened.at(server.endpoints(), time);
    }

    private static void requireWorks(Backend backend) {
        var lease = backend.grantLease(java.time.Duration.ofSeconds(30))
                .toCompletableFuture()
                .join();
        assertThat(lease.renew().toCompletableFuture().join()).isTrue();
        put(backend, "new");
        assertThat(backend.directories(java.util.Optional.empty(), 10)
                        .toCompletableFuture()
                        .join()
                        .directories())
                .contains("d");
        lease.revoke().toCompletableFuture().join();
    }

    private static void put(Backend backend, String name) {
        assertThat(backend.commit(Commit.to("d").put(name, Bytes.utf8("v")).build())
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CommitResult.Committed.class);
    }

    private static void sql(String... statements) throws SQLException {
        Database.run(server.endpoint(), statements);
    }
}
