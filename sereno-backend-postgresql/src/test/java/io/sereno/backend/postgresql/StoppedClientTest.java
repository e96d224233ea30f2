package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Query;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that stops, or is cut off, while the server sends it an answer: it must not keep what it has locked. */
@Tag("servers")
@Timeout(120)
class StoppedClientTest {
    private static final Bytes VALUE = Bytes.copyOf(new byte[Limits.VALUE_BYTES]);
    private static final Requests REQUESTS = new Requests("test");

    private static PostgresServer server;

    private final RealTime time = new RealTime();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private FaultProxy proxy;
    private Link stopped;
    private Backend other;
    private Connection reaper;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void end() {
        server.close();
    }

    /** Nobody looks for leases whose time has passed, as if each look came a little later. */
    @BeforeEach
    void connect() throws SQLException {
        Database.run(server.endpoint(), "DROP SCHEMA IF EXISTS sereno CASCADE");
        other = Opened.at(server.endpoints(), time).open();
        proxy = FaultProxy.to(server.endpoint());
        stopped = new Link(Database.connect(proxy.endpoint()), false);
        reaper = Database.connect(server.endpoint());
        try (Statement statement = reaper.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(1397051247, 1)");
        }
    }

    @AfterEach
    void stop() throws SQLException {
        proxy.close();
        stopped.abort();
        reaper.close();
        other.close();
        time.close();
        threads.shutdownNow();
    }

    @Test
    void aCommitThatReturnsALargeDirectoryKeepsNoLock() throws Exception {
        fill(12);
        Commit commit = Commit.to("d").put("mine", Bytes.EMPTY).returningAll().build();
        stopIn(() -> new Requests.Commits(REQUESTS, "d").on(stopped, List.of(commit)));
        requireDirectoryIsFree();
    }

    @Test
    void aReadThatEndsALeaseKeepsNoLock() throws Exception {
        fill(12);
        putUnderLeaseWhoseTimeHasPassed();
        stopIn(() -> REQUESTS.read(stopped, new Query.All("d")));
        requireDirectoryIsFree();
    }

    @Test
    void commitsOfOneRequestShareTheLimitOfWhatTheyReturn() throws Exception {
        fill(2);
        List<Commit> commits = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            commits.add(Commit.to("d").put("n" + i, Bytes.EMPTY).returningAll().build());
        }
        long before = received();
        List<Optional<CommitResult>> results = new Requests.Commits(REQUESTS, "d").on(stopped, commits);
        assertThat(results)
                .allSatisfy(result -> assertThat(result.orElseThrow())
                        .isInstanceOfSatisfying(
                                Committed.class,
                                committed -> assertThat(committed.snapshot()).isEmpty()));
        assertThat(received() - before).isLessThan(64 * 1024);
    }

    @Test
    void smallReadsAreReturnedUntilTheLimitIsReached() throws Exception {
        List<Commit> commits = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            commits.add(Commit.to("d").put("n" + i, Bytes.EMPTY).returningAll().build());
        }
        long before = received();
        List<Optional<CommitResult>> results = new Requests.Commits(REQUESTS, "d").on(stopped, commits);
        for (int i = 0; i < 64; i++) {
            Committed committed = (Committed) results.get(i).orElseThrow();
            int shown = i + 1;
            if (i < 20) {
                assertThat(committed.snapshot()).isPresent();
            }
            committed.snapshot().ifPresent(read -> assertThat(read.entries()).hasSize(shown));
        }
        assertThat(((Committed) results.get(63).orElseThrow()).snapshot()).isEmpty();
        assertThat(received() - before).isLessThan(64 * 1024);
    }

    @Test
    void aDirectoryThatIsTooLargeIsNotSentBecauseALeaseEnds() throws Exception {
        fill(18);
        putUnderLeaseWhoseTimeHasPassed();
        long before = received();
        assertThatThrownBy(() -> REQUESTS.read(stopped, new Query.All("d")))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("greater than the declared");
        assertThat(received() - before).isLessThan(64 * 1024);
    }

    private void fill(int values) {
        for (int i = 0; i < values; i++) {
            assertThat(join(other.commit(Commit.to("d").put("large" + i, VALUE).build())))
                    .isInstanceOf(Committed.class);
        }
    }

    private void putUnderLeaseWhoseTimeHasPassed() throws SQLException {
        long lease = join(other.grantLease(Duration.ofMinutes(1))).id();
        assertThat(join(other.commit(
                        Commit.to("d").put("leased", Bytes.EMPTY, lease).build())))
                .isInstanceOf(Committed.class);
        Database.run(server.endpoint(), "UPDATE sereno.lease SET expires = clock_timestamp()");
    }

    /** Makes the call, whose answer does not arrive. */
    private void stopIn(Callable<?> call) throws Exception {
        proxy.serverToClient().hold();
        var unused = threads.submit(call);
        proxy.serverToClient().awaitHeld(1, Duration.ofSeconds(20));
    }

    /** Well before a statement of the stopped client would end by a limit. */
    private void requireDirectoryIsFree() throws Exception {
        CompletionStage<CommitResult> commit =
                other.commit(Commit.to("d").put("other", Bytes.EMPTY).build());
        assertThat(commit.toCompletableFuture().get(30, TimeUnit.SECONDS)).isInstanceOf(Committed.class);
    }

    private long received() {
        return proxy.serverToClient().traffic().received();
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
