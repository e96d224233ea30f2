package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An idle transaction, such as an administrator's or a backup's, that holds locks on Sereno's tables. */
@Tag("servers")
@Timeout(120)
class HeldLocksTest {
    private static final Duration LIMIT = Duration.ofSeconds(5); // of each call, as Opened has it
    private static PostgresServer server;

    private final RealTime time = new RealTime();
    private Backend backend;
    private Connection idle;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        backend = Opened.at(server.endpoints(), time).open();
        assertThat(put("a")).isInstanceOf(Committed.class);
        assertThat(put("b")).isInstanceOf(Committed.class);
        idle = Database.connect(server.endpoint());
        idle.setAutoCommit(false);
    }

    @AfterEach
    void stop() throws SQLException {
        idle.close();
        backend.close();
        time.close();
    }

    private void hold(String sql) throws SQLException {
        try (Statement statement = idle.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The result of a put, or the outcome that the failure reports. */
    private Object put(String directory) {
        try {
            CommitResult result = backend.commit(
                            Commit.to(directory).put("n", Bytes.EMPTY).build())
                    .toCompletableFuture()
                    .join();
            return result;
        } catch (CompletionException e) {
            return ((BackendException) Objects.requireNonNull(e.getCause())).outcome();
        }
    }

    @Test
    void aLockedEntryHoldsUpItsDirectoryOnlyAndNothingIsApplied() throws SQLException {
        hold("SELECT FROM sereno.entry WHERE dir = 'a' FOR UPDATE");
        long since = System.nanoTime();
        assertThat(put("a")).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(System.nanoTime() - since).isLessThan(2 * LIMIT.toNanos());
        assertThat(put("b")).isInstanceOf(Committed.class);
        long before = modified("a");

        idle.rollback();
        assertThat(modified("a")).isEqualTo(before);
        assertThat(put("a")).isInstanceOf(Committed.class);
        assertThat(modified("a")).isGreaterThan(before);
    }

    private long modified(String directory) {
        return backend.read(new Query.One(directory, "n"))
                .toCompletableFuture()
                .join()
                .entries()
                .get(0)
                .modRevision();
    }

    @Test
    void aLockedTableFailsEachCallInTimeAndNothingIsAppliedLater() throws SQLException {
        long before = modified("a");
        hold("LOCK TABLE sereno.entry IN ACCESS EXCLUSIVE MODE");
        long since = System.nanoTime();
        assertThat(put("a")).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(System.nanoTime() - since).isLessThan(2 * LIMIT.toNanos());

        idle.rollback();
        assertThat(modified("a")).isEqualTo(before);
        assertThat(put("a")).isInstanceOf(Committed.class);
    }

    /** A renewal that waits for a lock is one that does not arrive: the holder is told before another may hold. */
    @Test
    void aHolderWhoseLeaseIsLockedIsToldAndTheLockIsFreeAfterwards() throws Exception {
        String uri = "postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                + PostgresServer.DATABASE + "?namespace=held&session-ttl=3s";
        try (Sereno sereno = Sereno.connect(uri);
                Sereno other = Sereno.connect(uri)) {
            Grant grant = sereno.mutex("m").acquire();
            hold("SELECT FROM sereno.lease FOR UPDATE");
            grant.lost().toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(grant.isHeld()).isFalse();

            idle.rollback();
            try (Grant next =
                    other.mutex("m").tryAcquire(Duration.ofSeconds(30)).orElseThrow()) {
                assertThat(next.fencingToken()).isGreaterThan(grant.fencingToken());
            }
        }
    }

    /** As where a renewal arrives in time and the server is slow to make it durable. */
    @Test
    void aLeaseWhoseRenewalIsUnderWayHasNotEnded() throws SQLException {
        Lease lease =
                backend.grantLease(Duration.ofMinutes(1)).toCompletableFuture().join();
        hold("UPDATE sereno.lease SET expires = clock_timestamp() + interval '1 second' WHERE id = " + lease.id());
        idle.commit();
        hold("DO $$ BEGIN ASSERT sereno.renew(" + lease.id() + "); END $$");
        while (count("FROM sereno.lease WHERE expires > clock_timestamp() AND id = " + lease.id()) > 0) {
            Thread.onSpinWait();
        }

        var commit = backend.commit(
                        Commit.to("a").put("leased", Bytes.EMPTY, lease.id()).build())
                .toCompletableFuture();
        var renewal = lease.renew().toCompletableFuture();
        String waits = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'sereno.(commit|renew)'";
        while (!commit.isDone() && !renewal.isDone() && count(waits) < 2) {
            Thread.onSpinWait();
        }
        idle.commit();
        assertThat(commit.join()).isInstanceOf(Committed.class);
        assertThat(renewal.join()).isTrue();
        assertThat(lease.renew().toCompletableFuture().join()).isTrue();
        lease.revoke().toCompletableFuture().join();
    }

    private static long count(String of) throws SQLException {
        return Database.number(server.endpoint(), "SELECT count(*) " + of);
    }
}
