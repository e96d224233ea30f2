package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** LEA: a lease is a separate session, and ends by the backend's timer, by a revocation, or by the server's clock. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class LeaseTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private ZooKeeperServer server;
    private Client client;
    private Client other;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
        client = Client.connect(server.endpoints(), "leases");
        other = Client.connect(server.endpoints(), "leases");
    }

    @AfterAll
    void stop() {
        client.close();
        other.close();
        server.close();
    }

    @Test
    void aTtlIsGivenInFullOrRefused() {
        Lease shortest = client.lease(Duration.ofNanos(1));
        assertThat(shortest.ttl()).isEqualTo(client.backend().guarantees().leastTtl());
        Lease odd = client.lease(Duration.ofNanos(2_000_000_001));
        assertThat(odd.ttl()).isEqualTo(Duration.ofMillis(2_001));
        assertThat(odd.id()).isNotZero().isNotEqualTo(shortest.id());
        for (Duration refused :
                List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofSeconds(61), Duration.ofDays(999_999))) {
            assertThatThrownBy(() -> client.lease(refused))
                    .isInstanceOfSatisfying(
                            BackendException.class,
                            failure -> assertThat(failure.permanent()).isTrue())
                    .hasMessageContaining("PT1M");
        }
        Client.await(shortest.revoke());
        Client.await(odd.revoke());
    }

    /** ZooKeeper's client keeps a session alive by itself, for ever. */
    @Test
    void aLeaseWithoutRenewalsEndsButNotBeforeItsTime(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Notes notes = new Notes();
        other.watch(new Target(d, Optional.empty()), notes);
        long before = System.nanoTime();
        Lease lease = client.lease(Duration.ofSeconds(2));
        long after = System.nanoTime();
        client.committed(Commit.to(d).put("a", Bytes.EMPTY, lease.id()).put("b", Bytes.EMPTY, lease.id()));
        notes.await(received -> received.contains("a") && received.contains("b"));
        notes.forget();
        notes.await(received -> received.contains("a") && received.contains("b"));
        assertThat(System.nanoTime() - before)
                .isGreaterThanOrEqualTo(lease.ttl().toNanos());
        assertThat(System.nanoTime() - after)
                .isLessThan(lease.ttl()
                        .plus(client.backend().guarantees().expiryLateness())
                        .plusSeconds(10)
                        .toNanos());
        assertThat(other.names(d)).isEmpty();
        assertThat(Client.await(lease.renew())).isFalse();
        assertThat(client.commit(Commit.to(d).put("c", Bytes.EMPTY, lease.id())))
                .isEqualTo(new LeaseDead());
        assertThat(other.names(d)).isEmpty();
    }

    @Test
    void aLeaseThatIsRenewedLives(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Lease lease = client.lease(Duration.ofSeconds(4));
        client.put(d, "a", lease);
        long begun = System.nanoTime();
        Notes timer = new Notes();
        while (System.nanoTime() - begun < Duration.ofSeconds(6).toNanos()) {
            assertThat(Client.await(lease.renew())).isTrue();
            timer.forget();
            client.time().schedule(Duration.ofMillis(500), Runnable::run, () -> timer.changed("now", 0));
            timer.await("now");
        }
        assertThat(other.names(d)).containsExactly("a");
        Client.await(lease.revoke());
    }

    @Test
    void revokingTakesTheEntriesAndMayBeRepeated(TestInfo test) {
        String d = test.getDisplayName();
        Lease lease = client.lease(LONG);
        client.put(d, "a", lease);
        client.put(d + "/2", "b", lease);
        Client.await(lease.revoke());
        assertThat(other.names(d)).isEmpty();
        assertThat(other.names(d + "/2")).isEmpty();
        Client.await(lease.revoke());
        assertThat(Client.await(lease.renew())).isFalse();
    }

    @Test
    void leasesOfOneClientAreIndependent(TestInfo test) {
        String d = test.getDisplayName();
        Lease first = client.lease(LONG);
        Lease second = client.lease(LONG);
        client.put(d, "1", first);
        client.put(d, "2", second);
        client.put(d, "3", "for good");
        Client.await(first.revoke());
        assertThat(other.names(d)).containsExactly("2", "3");
        Client.await(second.revoke());
        assertThat(other.names(d)).containsExactly("3");
    }

    @Test
    void anEntryMadeAgainOutlivesTheLeaseThatItHadBefore(TestInfo test) {
        String d = test.getDisplayName();
        Lease first = client.lease(LONG);
        Lease second = client.lease(LONG);
        client.put(d, "a", first);
        other.committed(Commit.to(d).delete("a"));
        client.put(d, "a", second);
        Client.await(first.revoke());
        assertThat(other.entry(d, "a").orElseThrow().leaseId()).isEqualTo(second.id());
        Client.await(second.revoke());
        assertThat(other.names(d)).isEmpty();
    }

    @Test
    void aLeaseCountsOnlyWhereItWasGranted(TestInfo test) {
        String d = test.getDisplayName();
        Lease lease = client.lease(LONG);
        assertThatThrownBy(() -> other.put(d, "a", lease)).hasMessageContaining("not granted through this connection");
        assertThat(client.names(d)).isEmpty();
        Client.await(lease.revoke());
    }

    @Test
    void aSessionThatTheServerEndedIsDeadAndIsReplacedByNoOther(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Lease lease = client.lease(LONG);
        client.put(d, "a", lease);
        Notes notes = new Notes();
        other.watch(new Target(d, Optional.of("a")), notes);
        server.expireSession(
                lease.id(),
                Objects.requireNonNull(((ZooKeeperLease) lease).link().handle()).getSessionPasswd());
        notes.await("a");
        assertThat(other.names(d)).isEmpty();
        assertThat(settledRenewal(lease)).isFalse();
        assertThat(client.commit(Commit.to(d).put("a", Bytes.EMPTY, lease.id())))
                .isEqualTo(new LeaseDead());
        assertThat(other.names(d)).isEmpty();
        Client.await(lease.revoke());
    }

    /** The client learns of the end when it has reconnected; until then a renewal fails, which proves nothing. */
    private static boolean settledRenewal(Lease lease) {
        while (true) {
            try {
                return Client.await(lease.renew());
            } catch (BackendException notYet) {
                assertThat(notYet.outcome()).isEqualTo(BackendException.Outcome.NOT_APPLIED);
            }
        }
    }

    @Test
    void thereAreSixteenLeasesAndNoMore(TestInfo test) {
        String d = test.getDisplayName();
        try (Client many = Client.connect(server.endpoints(), "leases")) {
            List<Lease> leases = new ArrayList<>();
            for (int i = 0; i < many.backend().guarantees().maxLeases(); i++) {
                leases.add(many.lease(LONG));
                many.put(d, "e" + i, leases.get(i));
            }
            assertThatThrownBy(() -> many.lease(LONG)).hasMessageContaining("16 leases");
            assertThat(other.names(d)).hasSize(16);
            Client.await(leases.get(0).revoke());
            Lease another = many.lease(LONG);
            many.put(d, "e0", another);
            assertThat(other.names(d)).hasSize(16);
        }
        // A client that closes ends its sessions.
        assertThat(other.names(d)).isEmpty();
    }

    /**
     * The most entries that may be bound to one session, and then its end: servers fail on a transaction that is too
     * large.
     */
    @Test
    void theGreatestLeaseEndsWithoutHarmAndTakesNoMore(TestInfo test) {
        String d = test.getDisplayName();
        Lease lease = client.lease(LONG);
        int most = client.backend().guarantees().maxLeaseBytes();
        String filler = "x".repeat(480 - d.length());
        int each = d.length() + filler.length() + 6;
        int fits = most / each;
        List<CompletionStage<CommitResult>> puts = new ArrayList<>();
        for (int i = 0; i < fits; i += 20) {
            Commit.Builder commit = Commit.to(d);
            IntStream.range(i, Math.min(fits, i + 20))
                    .forEach(j -> commit.put(filler + String.format("%06d", j), Bytes.EMPTY, lease.id()));
            puts.add(client.backend().commit(commit.build()));
        }
        puts.forEach(put -> assertThat(Client.await(put)).isInstanceOf(Committed.class));
        Commit.Builder oneMore = Commit.to(d).put(filler + "one-more", Bytes.EMPTY, lease.id());
        assertThatThrownBy(() -> client.commit(oneMore))
                .isInstanceOfSatisfying(
                        BackendException.class,
                        failure -> assertThat(failure.outcome()).isEqualTo(BackendException.Outcome.NOT_APPLIED))
                .hasMessageContaining("524288");
        // Deleted entries make room, whichever client deleted them.
        other.committed(Commit.to(d).delete(filler + "000000"));
        assertThat(client.committed(oneMore)).isPositive();
        assertThat(Client.await(lease.renew())).isTrue();
        Client.await(lease.revoke());
        assertThat(other.names(d)).isEmpty();
    }
}
