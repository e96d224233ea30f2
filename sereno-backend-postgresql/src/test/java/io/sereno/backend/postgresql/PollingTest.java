package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Target;
import io.sereno.testservers.PgBouncer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches behind a pooler: a writer that is connected to the server tells a watcher that polls. */
@Tag("servers")
@Timeout(120)
class PollingTest {
    private static PgBouncer servers;

    private final RealTime time = new RealTime();
    private final Heard heard = new Heard();
    private Backend writer;
    private Backend watcher;

    @BeforeAll
    static void start() {
        servers = PgBouncer.start("server_login_retry = 1");
    }

    @AfterAll
    static void end() {
        servers.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        run("DROP SCHEMA IF EXISTS sereno CASCADE");
        writer = Opened.at(servers.server().endpoints(), time).open();
        watcher = Opened.at(servers.endpoints(), time).open();
        assertThat(watcher.guarantees().noticeLateness()).isEqualTo(Limits.POLL);
        assertThat(writer.guarantees().noticeLateness()).isZero();
    }

    @AfterEach
    void stop() {
        writer.close();
        watcher.close();
        time.close();
    }

    @Test
    void anEntryThatIsPutAndDeletedBetweenTwoPollsIsAnnounced() throws Exception {
        join(watcher.watch(new Target("d", Optional.of("n")), heard));
        Heard directory = new Heard();
        join(watcher.watch(new Target("d", Optional.empty()), directory));
        for (int i = 0; i < 20; i++) {
            put("n");
            commit(Commit.to("d").delete("n").build());
            assertThat(heard.next()).isEqualTo("n");
            assertThat(directory.next()).isEqualTo("n");
            awaitRows(0, "sereno.notice");
            heard.all.clear();
            directory.all.clear();
        }
    }

    @Test
    void aWatchThatHasEndedAndTheListenerOfAClosedClientLeaveNothing() throws Exception {
        join(watcher.watch(new Target("d", Optional.empty()), heard));
        join(watcher.watch(new Target("e", Optional.empty()), heard)).cancel();
        awaitRows(1, "sereno.watch");
        watcher.close();
        put("n");
        awaitRows(1, "sereno.notice");
        run("UPDATE sereno.poller SET polled = polled - interval '10 seconds'");
        awaitRows(0, "sereno.watch");
        awaitRows(0, "sereno.notice");
        awaitRows(0, "sereno.poller");
    }

    /** Such as one whose process was stopped for a while. */
    @Test
    void aClientThatTheServerHasForgottenIsReset() throws Exception {
        join(watcher.watch(new Target("d", Optional.empty()), heard));
        run("DELETE FROM sereno.poller");
        put("missed");
        assertThat(heard.next()).isEqualTo("reset");
        heard.all.clear();
        put("n");
        assertThat(heard.next()).isEqualTo("n");
    }

    /** A clean restart keeps unlogged tables, and so does a copy of the files, which may be of another time. */
    @Test
    void aClientOfTheServersLastStartIsReset() throws Exception {
        join(watcher.watch(new Target("d", Optional.empty()), heard));
        run("UPDATE sereno.poller SET started = started - interval '1 second'");
        assertThat(heard.next()).isEqualTo("reset");
    }

    /** It empties unlogged tables, and the pooler keeps the connection to the client. */
    @Test
    void aCrashOfTheServerIsAReset() throws Exception {
        join(watcher.watch(new Target("d", Optional.empty()), heard));
        servers.server().restart();
        assertThat(heard.next()).isEqualTo("reset");
        heard.all.clear();
        Backend next = Opened.at(servers.server().endpoints(), time).open();
        try {
            assertThat(join(next.commit(Commit.to("d").put("n", Bytes.EMPTY).build())))
                    .isInstanceOf(Committed.class);
            assertThat(heard.next()).isEqualTo("n");
        } finally {
            next.close();
        }
    }

    /** A statement with a name would stay in the server's session, which later serves another client. */
    @Test
    void clientsThatFindTheSchemaMadeByAnotherLeaveNothingInTheSessionsOfTheServer() throws Exception {
        for (int i = 0; i < 3; i++) {
            run("DROP SCHEMA sereno CASCADE");
            try (Connection other = Database.connect(servers.server().endpoint());
                    Statement statement = other.createStatement()) {
                other.setAutoCommit(false);
                statement.execute("SELECT pg_advisory_xact_lock(1397051247, 2)");
                CompletableFuture<Backend> opening = CompletableFuture.supplyAsync(
                        () -> Opened.at(servers.endpoints(), time).open());
                awaitRows(1, "pg_locks WHERE locktype = 'advisory' AND classid = 1397051247 AND NOT granted");
                statement.execute(Schema.script());
                join(opening).close();
            }
        }
    }

    private static void run(String sql) throws SQLException {
        Database.run(servers.server().endpoint(), sql);
    }

    private static void awaitRows(long count, String table) throws SQLException {
        while (Database.number(servers.server().endpoint(), "SELECT count(*) FROM pg_sleep(0.02), " + table) != count) {
            Thread.onSpinWait();
        }
    }

    private void put(String name) {
        commit(Commit.to("d").put(name, Bytes.EMPTY).build());
    }

    private void commit(Commit commit) {
        assertThat(join(writer.commit(commit))).isInstanceOf(Committed.class);
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
