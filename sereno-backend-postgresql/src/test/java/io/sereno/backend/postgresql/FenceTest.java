package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.testservers.ApplicationProcess;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions of an application under grants that have ended, and of processes that were paused meanwhile. */
@Tag("servers")
@Timeout(120)
class FenceTest {
    private static PostgresServer server;
    private static String jdbc;
    private static String uri;

    private Sereno sereno;
    private Mutex mutex;
    private Connection connection;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
        String database = server.authority() + "/" + PostgresServer.DATABASE;
        jdbc = "jdbc:postgresql://" + database + "?user=" + PostgresServer.USER;
        uri = "postgresql://" + PostgresServer.USER + ":any@" + database + "?namespace=fence&session-ttl=2s";
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        sereno = Sereno.connect(uri);
        mutex = sereno.mutex("ledger");
        Database.run(
                server.endpoint(),
                "DROP TABLE IF EXISTS ledger, account",
                "CREATE TABLE ledger (place serial, booked_by text NOT NULL)",
                "CREATE TABLE account (id int PRIMARY KEY, total int NOT NULL, fence bigint NOT NULL)",
                "INSERT INTO account VALUES (1, 0, 0)");
        connection = DriverManager.getConnection(jdbc);
        connection.setAutoCommit(false);
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        sereno.close();
    }

    private List<String> bookings() throws SQLException {
        List<String> bookings = new ArrayList<>();
        try (Connection reader = DriverManager.getConnection(jdbc);
                Statement statement = reader.createStatement();
                ResultSet rows = statement.executeQuery("SELECT booked_by FROM ledger ORDER BY place")) {
            while (rows.next()) {
                bookings.add(rows.getString(1));
            }
        }
        return bookings;
    }

    @Test
    void theTransactionOfAHolderCommits() throws Exception {
        try (Grant grant = mutex.acquire()) {
            Fence.check(connection, grant);
            Bookkeeper.book(connection, "holder");
            connection.commit();
        }
        assertThat(bookings()).containsExactly("holder");
    }

    @Test
    void aHolderThatWasPausedIsRefusedAndNothingOfItsTransactionRemains() throws Exception {
        try (Connection gate = closedGate();
                ApplicationProcess paused =
                        ApplicationProcess.start(Bookkeeper.class, List.of(), List.of(), uri, jdbc, "before")) {
            paused.await("holds");
            paused.pause();
            try (Grant next = mutex.tryAcquire(Duration.ofSeconds(60)).orElseThrow()) {
                Fence.check(connection, next);
                Bookkeeper.book(connection, "next");
                connection.commit();
            }
            open(gate);
            paused.resume();
            paused.await("refused SR001");
        }
        assertThat(bookings()).containsExactly("next");
    }

    /** Its transaction is the earlier one, whenever it goes on. */
    @Test
    void theCheckOfALaterGrantWaitsForTheTransactionOfAHolderThatWasPausedAfterItsCheck() throws Exception {
        try (Connection gate = closedGate();
                ApplicationProcess paused =
                        ApplicationProcess.start(Bookkeeper.class, List.of(), List.of(), uri, jdbc, "after")) {
            paused.await("holds");
            paused.pause();
            try (Grant next = mutex.tryAcquire(Duration.ofSeconds(60)).orElseThrow()) {
                FutureTask<Void> check = new FutureTask<>(() -> {
                    Fence.check(connection, next);
                    return null;
                });
                new Thread(check, "later").start();
                while (Database.number(
                                server.endpoint(),
                                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted")
                        == 0) {
                    assertThat(check.isDone()).isFalse();
                }
                open(gate);
                paused.resume();
                paused.await("committed");
                check.get(60, TimeUnit.SECONDS);
                assertThat(bookings()).containsExactly("paused");
                Bookkeeper.book(connection, "next");
                connection.commit();
            }
        }
        assertThat(bookings()).containsExactly("paused", "next");
    }

    private static void open(Connection gate) throws SQLException {
        try (Statement statement = gate.createStatement()) {
            statement.execute("SELECT pg_advisory_unlock(" + Bookkeeper.GATE + ")");
        }
    }

    private static Connection closedGate() throws SQLException {
        Connection gate = DriverManager.getConnection(jdbc);
        try (Statement statement = gate.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + Bookkeeper.GATE + ")");
        }
        return gate;
    }

    @Test
    void aReleasedGrantIsRefusedAndTheTransactionFails() throws Exception {
        Grant grant = mutex.acquire();
        Bookkeeper.book(connection, "late");
        grant.release();

        assertThatThrownBy(() -> Fence.check(connection, grant))
                .isInstanceOfSatisfying(
                        GrantLostException.class, e -> assertThat(e.lossCause()).isEqualTo(LossCause.ENTRY_REMOVED));
        assertFailed();
        assertThat(bookings()).isEmpty();
    }

    /** The entry lives: this client has handed its turn on to another caller, who has a later token. */
    @Test
    void aGrantThatWasHandedOnWithinTheClientIsRefused() throws Exception {
        Grant first = mutex.acquire();
        CompletionStage<Grant> second = mutex.acquireAsync();
        first.release();
        Grant later = second.toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(later.fencingToken() / 1_024).isEqualTo(first.fencingToken() / 1_024);

        assertThatThrownBy(() -> Fence.check(connection, first))
                .isInstanceOf(GrantLostException.class)
                .hasMessageContaining("this client does not hold it any more");
        assertFailed();
        connection.rollback();
        Fence.check(connection, later);
        later.release();
    }

    private void assertFailed() {
        assertThatThrownBy(() -> Bookkeeper.book(connection, "nobody"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
    }

    @Test
    void aConnectionThatCommitsByItselfIsRefusedBeforeAnyRequest() throws Exception {
        try (Grant grant = mutex.acquire()) {
            connection.setAutoCommit(true);
            assertThatThrownBy(() -> Fence.check(connection, grant))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("setAutoCommit(false)");
        }
    }

    /** Its statements see the store as it was when the transaction began. */
    @Test
    void anIsolationThatDoesNotSeeTheEndOfAGrantIsRefused() throws Exception {
        try (Grant grant = mutex.acquire()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            assertThatThrownBy(() -> Fence.check(connection, grant))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25000"))
                    .hasMessageContaining("read committed is accepted");
        }
    }

    @Test
    void theApplicationsRoleNeedsNoMoreThanTheListedRights() throws Exception {
        Database.run(
                server.endpoint(),
                "DROP ROLE IF EXISTS clerk",
                "CREATE ROLE clerk LOGIN",
                "GRANT USAGE ON SCHEMA sereno TO clerk",
                "GRANT SELECT ON sereno.seen TO clerk");
        try (Grant grant = mutex.acquire();
                Connection clerk =
                        DriverManager.getConnection(jdbc.replace("user=" + PostgresServer.USER, "user=clerk"))) {
            clerk.setAutoCommit(false);
            Fence.check(clerk, grant);
            clerk.commit();
        } finally {
            Database.run(server.endpoint(), "DROP OWNED BY clerk", "DROP ROLE clerk");
        }
    }

    private static final String ADD =
            "UPDATE account SET total = total + ?, fence = :token WHERE id = ? AND fence <= :token";

    @Test
    void anUpdateWithAnEarlierTokenThanTheRowHasIsRefused() throws Exception {
        Grant earlier = mutex.acquire();
        assertThat(Fence.update(connection, earlier, ADD, 1, 1)).isEqualTo(1);
        assertThat(Fence.update(connection, earlier, ADD, 10, 1)).isEqualTo(1);
        connection.commit();
        earlier.release();
        try (Grant later = mutex.acquire()) {
            Fence.update(connection, later, ADD, 100, 1);
            connection.commit();
        }

        assertThatThrownBy(() -> Fence.update(connection, earlier, ADD, 1_000, 1))
                .isInstanceOf(GrantLostException.class)
                .hasMessageContaining("a later grant has written its token there, or there is no such row");
        assertFailed();
        connection.rollback();
        assertThat(total()).isEqualTo(111);
        connection.setAutoCommit(true);
        assertThatThrownBy(() -> Fence.update(connection, earlier, ADD, 1_000, 1))
                .isInstanceOf(GrantLostException.class);
        assertThat(total()).isEqualTo(111);
    }

    @Test
    void aStatementWithoutAConditionOnTheTokenIsRefusedBeforeAnyRequest() throws Exception {
        try (Grant grant = mutex.acquire()) {
            for (String wrong : List.of(
                    "UPDATE account SET fence = :token",
                    "UPDATE account SET fence = 1 WHERE fence <= 1",
                    "UPDATE account SET fence = :token WHERE fence >= :token")) {
                assertThatThrownBy(() -> Fence.update(connection, grant, wrong))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("a condition like 'fence <= :token' is accepted");
            }
        }
    }

    private static long total() throws SQLException {
        return Database.number(server.endpoint(), "SELECT total FROM account");
    }
}
