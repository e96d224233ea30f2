package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.testservers.PostgresReplication;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A promotion of a server whose clock differs from that of the former primary: deadlines that it did not set itself. */
@Tag("servers")
@Timeout(180)
class OtherClockTest {
    private static final Duration TTL = Duration.ofSeconds(20);

    private final RealTime time = new RealTime();
    private PostgresReplication servers;
    private Backend backend;

    @BeforeEach
    void start() {
        servers = PostgresReplication.start();
        backend = Opened.at(servers.endpoints(), time).open();
    }

    @AfterEach
    void stop() {
        backend.close();
        servers.close();
        time.close();
    }

    @Test
    void aClockThatIsAheadEndsNoLeaseEarly() throws SQLException {
        Lease lease = lease();
        promote("expires - interval '1 hour'");
        assertThat(again(() -> backend.read(new Query.All("d"))).entries()).hasSize(1);
        assertThat(again(lease::renew)).isTrue();
        assertThat(again(() -> backend.read(new Query.One("d", "n"))).entries()).hasSize(1);
    }

    /** The first statement on the new server is the renewal. */
    @Test
    void aRenewalIsAcceptedByAClockThatIsAhead() throws SQLException {
        Lease lease = lease();
        promote("expires - interval '1 hour'");
        assertThat(again(lease::renew)).isTrue();
        assertThat(again(() -> backend.read(new Query.All("d"))).entries()).hasSize(1);
    }

    @Test
    void aClockThatIsBehindProlongsALeaseByOneTtlAtMost() throws SQLException {
        lease();
        promote("expires + interval '1 hour'");
        assertThat(again(() -> backend.read(new Query.All("d"))).entries()).hasSize(1);
        assertThat(Database.number(
                        servers.primary().endpoint(),
                        "SELECT extract(epoch FROM max(expires) - clock_timestamp())::int FROM sereno.lease"))
                .isBetween(1L, TTL.toSeconds());
    }

    @Test
    void aLeaseThatHasEndedStaysEnded() throws SQLException {
        Lease lease = lease();
        promote("expires + interval '1 hour', dead = true");
        assertThat(again(() -> backend.read(new Query.All("d"))).entries()).isEmpty();
        assertThat(again(lease::renew)).isFalse();
    }

    private Lease lease() {
        Lease lease = again(() -> backend.grantLease(TTL));
        assertThat(again(() -> backend.commit(
                        Commit.to("d").put("n", Bytes.EMPTY, lease.id()).build())))
                .isInstanceOf(Committed.class);
        return lease;
    }

    /** The client stays with the former primary until the deadlines on the new one are those of a wrong clock. */
    private void promote(String expires) throws SQLException {
        servers.promote(servers.replica());
        Database.run(servers.primary().endpoint(), "UPDATE sereno.lease SET expires = " + expires);
        servers.replica().kill();
    }

    /** A call that fails because its connection has broken is made again. */
    private static <T> T again(Supplier<CompletionStage<T>> call) {
        for (int i = 0; i < 5; i++) {
            try {
                return call.get().toCompletableFuture().join();
            } catch (CompletionException e) {
                assertThat(e).hasCauseInstanceOf(BackendException.class);
            }
        }
        throw new AssertionError("no call was answered");
    }
}
