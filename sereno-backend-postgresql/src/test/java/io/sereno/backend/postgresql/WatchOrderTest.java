package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches that begin while a commit is under way: it has not seen them, and its effect is not visible yet. */
@Tag("servers")
@Timeout(120)
class WatchOrderTest {
    private static final int GATE = 42;

    private static PostgresServer server;

    private final RealTime time = new RealTime();
    private final Heard heard = new Heard();
    private Backend writer;
    private Backend watcher;
    private Connection gate;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void end() {
        server.close();
    }

    /** A commit that deletes the entry 'held' of any directory ends when the gate is open. */
    @BeforeEach
    void connect() throws SQLException {
        Database.run(server.endpoint(), "DROP SCHEMA IF EXISTS sereno CASCADE");
        writer = Opened.at(server.endpoints(), time).open();
        watcher = Opened.at(server.endpoints(), time).open();
        Database.run(
                server.endpoint(),
                "CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " PERFORM pg_advisory_xact_lock(" + GATE + "); RETURN NULL; END $$",
                "CREATE CONSTRAINT TRIGGER gate AFTER DELETE ON sereno.entry DEFERRABLE INITIALLY DEFERRED"
                        + " FOR EACH ROW WHEN (OLD.name = 'held') EXECUTE FUNCTION wait_at_gate()");
        put(writer, "d", "held");
        gate = Database.connect(server.endpoint());
        gate("SELECT pg_advisory_lock(" + GATE + ")");
    }

    @AfterEach
    void stop() throws SQLException {
        gate.close();
        writer.close();
        watcher.close();
        time.close();
    }

    @Test
    void aWatchThatBeginsDuringACommitMissesNothing() throws Exception {
        CompletionStage<?> delete = deleteUnderWay();
        CompletableFuture<Snapshot> seen = watcher.watch(new Target("d", Optional.of("held")), heard)
                .thenCompose(watch -> watcher.read(new Query.One("d", "held")))
                .toCompletableFuture();
        while (!seen.isDone() && sessions("wait_event_type = 'Lock' AND query LIKE '%sereno.watch%'") == 0) {
            Thread.onSpinWait();
        }
        gate("SELECT pg_advisory_unlock(" + GATE + ")");
        join(delete);
        if (!seen.get(30, TimeUnit.SECONDS).entries().isEmpty()) {
            assertThat(heard.next())
                    .as("a notice of what the read has not shown")
                    .isEqualTo("held");
        }
    }

    /** The delete has told the session that has ended. Until it is visible, a read shows the entry. */
    @Test
    void aWatchThatIsSetAgainDuringACommitMissesNothingAndOthersAreLiveMeanwhile() throws Exception {
        join(watcher.watch(new Target("d", Optional.of("held")), heard));
        Heard elsewhere = new Heard();
        join(watcher.watch(new Target("e", Optional.empty()), elsewhere));
        CompletionStage<?> delete = deleteUnderWay();
        assertThat(Database.number(
                        server.endpoint(),
                        "SELECT count(pg_terminate_backend(pid)) FROM (SELECT DISTINCT pid FROM sereno.watch) t"))
                .isEqualTo(1);
        assertThat(elsewhere.next()).isEqualTo("reset");
        put(writer, "e", "n");
        assertThat(elsewhere.next()).isEqualTo("n");

        assertThat(heard.next()).isEqualTo("reset");
        assertThat(names(watcher, "d")).as("before the delete is visible").containsExactly("held");
        heard.all.clear();
        gate("SELECT pg_advisory_unlock(" + GATE + ")");
        join(delete);
        assertThat(heard.next()).isEqualTo("reset");
        assertThat(names(watcher, "d")).isEmpty();
    }

    /** A process id is given again: rows of its former session, of another client, are no hindrance and wake nobody. */
    @Test
    void watchesOfAFormerSessionWithTheSameProcessChangeNothing() throws Exception {
        join(watcher.watch(new Target("first", Optional.empty()), heard));
        Database.run(
                server.endpoint(),
                "INSERT INTO sereno.watch (listener, pid, number, ns, dir, name)"
                        + " SELECT listener - 1, pid, 2, 'other', 'd', '' FROM sereno.watch");
        join(watcher.watch(new Target("d", Optional.empty()), heard));
        try (Connection other = Database.connect(server.endpoint())) {
            String put = "SELECT * FROM sereno.commit('other', 'd', '{0}', '{NULL}', 0, '{}', '{}', '{}', '{}',"
                    + " '{1}', '{foreign}', '{x}', '{false}')";
            try (Statement statement = other.createStatement()) {
                statement.execute(put);
            }
        }
        put(writer, "d", "own");
        assertThat(heard.next()).isEqualTo("own");
    }

    /** The session with this number has had a watch with this number already, which cannot be, or its row has another content. */
    @Test
    void theRowOfAWatchIsReplacedByANewOne() throws Exception {
        join(watcher.watch(new Target("first", Optional.empty()), heard));
        Database.run(
                server.endpoint(),
                "INSERT INTO sereno.watch (listener, pid, number, ns, dir, name)"
                        + " SELECT listener, pid, 2, 'other', 'x', '' FROM sereno.watch");
        join(watcher.watch(new Target("d", Optional.empty()), heard));
        put(writer, "d", "own");
        assertThat(heard.next()).isEqualTo("own");
    }

    private CompletionStage<?> deleteUnderWay() throws SQLException {
        CompletionStage<?> delete = writer.commit(Commit.to("d").delete("held").build())
                .thenAccept(result -> assertThat(result).isInstanceOf(Committed.class));
        while (Database.number(
                        server.endpoint(), "SELECT count(*) FROM pg_locks WHERE objid = " + GATE + " AND NOT granted")
                == 0) {
            Thread.onSpinWait();
        }
        return delete;
    }

    private static long sessions(String condition) throws SQLException {
        return Database.number(server.endpoint(), "SELECT count(*) FROM pg_stat_activity WHERE " + condition);
    }

    private void gate(String sql) throws SQLException {
        try (Statement statement = gate.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void put(Backend client, String directory, String name) {
        assertThat(join(client.commit(
                        Commit.to(directory).put(name, Bytes.EMPTY).build())))
                .isInstanceOf(Committed.class);
    }

    private static List<String> names(Backend client, String directory) {
        return join(client.read(new Query.All(directory))).entries().stream()
                .map(Entry::name)
                .toList();
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
