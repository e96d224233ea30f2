package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Counter;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An administrator, or a fail-over, ends the server's sessions: idle ones, and those in the middle of each kind of call. */
@Tag("servers")
@Timeout(120)
class TerminatedSessionsTest {
    private static final String OURS = " FROM pg_stat_activity WHERE application_name = 'sereno'";
    private static PostgresServer server;

    private final RealTime time = new RealTime();
    private Backend backend;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @BeforeEach
    void connect() {
        backend = Opened.at(server.endpoints(), time).open();
        assertThat(join(put("n"))).isInstanceOf(Committed.class);
    }

    @AfterEach
    void stop() {
        backend.close();
        time.close();
    }

    private CompletionStage<CommitResult> put(String name) {
        return backend.commit(Commit.to("d").put(name, Bytes.EMPTY).build());
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    /** The result as text, or the outcome that the failure reports. */
    private static String outcome(CompletionStage<?> stage) {
        try {
            return String.valueOf(join(stage));
        } catch (CompletionException e) {
            return ((BackendException) Objects.requireNonNull(e.getCause()))
                    .outcome()
                    .name();
        }
    }

    private static long terminate(String condition) throws SQLException {
        return Database.number(
                server.endpoint(), "SELECT count(*) FROM (SELECT pg_terminate_backend(pid)" + OURS + condition + ") t");
    }

    /**
     * Runs the call while a lock on a table makes it wait in the server, and ends its session there. A lock on two tables
     * could be in a deadlock with the removal of ended leases, which also needs both.
     */
    private <T> CompletableFuture<T> terminatedWithin(String table, Supplier<CompletionStage<T>> call)
            throws SQLException {
        try (Connection holder = Database.connect(server.endpoint());
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE sereno." + table + " IN ACCESS EXCLUSIVE MODE");
            CompletableFuture<T> running = call.get().toCompletableFuture();
            String waiting = " AND wait_event_type = 'Lock' AND query LIKE '%sereno.%' AND query NOT LIKE '%reap%'";
            while (Database.number(server.endpoint(), "SELECT count(*)" + OURS + waiting) == 0) {
                assertThat(running.isDone()).isFalse();
            }
            assertThat(terminate(waiting)).isPositive();
            holder.rollback();
            return running;
        }
    }

    @Test
    void sessionsThatEndWhileTheyAreIdleAreReplaced() throws SQLException {
        for (int i = 0; i < 5; i++) {
            assertThat(terminate("")).isPositive();
            // The first call may be the one that finds the end of its connection.
            if (outcome(put("idle" + i)).equals("NOT_APPLIED")) {
                assertThat(join(backend.read(new Query.One("d", "idle" + i))).entries())
                        .isEmpty();
            }
            assertThat(join(put("idle" + i))).isInstanceOf(Committed.class);
        }
    }

    @Test
    void aCommitWhoseSessionEndsHasAnUnknownOutcomeAndTheNextOneIsCommitted() throws SQLException {
        CompletableFuture<CommitResult> commit = terminatedWithin("entry", () -> put("lost"));
        assertThatThrownBy(commit::join)
                .cause()
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN));
        assertThat(join(backend.read(new Query.One("d", "lost"))).entries()).isEmpty();
        assertThat(join(put("next"))).isInstanceOf(Committed.class);
    }

    @Test
    void aReadWhoseSessionEndsIsAskedAgain() throws SQLException {
        CompletableFuture<Snapshot> read = terminatedWithin("entry", () -> backend.read(new Query.One("d", "n")));
        assertThat(read.join().entries()).hasSize(1);
    }

    @Test
    void aLeaseIsGrantedAgainWhenTheSessionEnds() throws SQLException {
        CompletableFuture<Lease> lease = terminatedWithin("lease", () -> backend.grantLease(Duration.ofSeconds(20)));
        assertThat(join(lease.join().renew())).isTrue();
    }

    @Test
    void aLeaseOutlivesTheSessionThatRenewsIt() throws SQLException {
        Lease lease = join(backend.grantLease(Duration.ofSeconds(20)));
        CompletableFuture<Boolean> renewal = terminatedWithin("lease", lease::renew);
        assertThat(outcome(renewal)).isIn("true", "UNKNOWN");
        assertThat(join(lease.renew())).isTrue();
    }

    private static final class Heard implements WatchListener {
        final BlockingQueue<String> all = new LinkedBlockingQueue<>();

        @Override
        public void changed(String name, long revision) {
            all.add(name);
        }

        @Override
        public void reset() {
            all.add("reset");
        }

        void await(String wanted) throws InterruptedException {
            String next;
            do {
                next = all.poll(30, TimeUnit.SECONDS);
                assertThat(next).as("instead of " + wanted).isNotNull();
            } while (!wanted.equals(next));
        }
    }

    @Test
    void aListenerReadsAgainWhenItsSessionEndsAndHearsOfWhatFollows() throws Exception {
        Heard heard = new Heard();
        join(backend.watch(new Target("watched", Optional.empty()), heard));
        for (int i = 0; i < 3; i++) {
            assertThat(terminate(" AND pid IN (SELECT w.pid FROM sereno.watch w)"))
                    .isPositive();
            heard.await("reset");
            String name = "after" + i;
            try (Backend writer = Opened.at(server.endpoints(), time).open()) {
                assertThat(join(writer.commit(
                                Commit.to("watched").put(name, Bytes.EMPTY).build())))
                        .isInstanceOf(Committed.class);
            }
            heard.await(name);
        }
    }

    /** The recipes settle the unknown outcomes: each call counts once, and the mutex stays held. */
    @Test
    void recipesGoOnThroughTheEndsOfAllSessions() throws Exception {
        String uri = "postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                + PostgresServer.DATABASE + "?namespace=ended&session-ttl=10s";
        try (Sereno sereno = Sereno.connect(uri)) {
            Grant grant = sereno.mutex("m").acquire();
            Counter counter = sereno.counter("c");
            for (int i = 1; i <= 20; i++) {
                assertThat(terminate("")).isPositive();
                assertThat(counter.incrementAndGet()).isEqualTo(i);
            }
            assertThat(grant.isHeld()).isTrue();
            grant.release();
        }
    }
}
