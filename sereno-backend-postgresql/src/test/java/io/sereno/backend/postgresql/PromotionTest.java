package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.testservers.PostgresReplication;
import io.sereno.testservers.PostgresServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary and its replica: who is asked, and what a promotion that loses writes leads to. */
@Tag("servers")
@Timeout(180)
class PromotionTest {
    private final RealTime time = new RealTime();
    private PostgresReplication servers;

    @BeforeEach
    void start() {
        servers = PostgresReplication.start();
    }

    @AfterEach
    void stop() {
        servers.close();
        time.close();
    }

    @Test
    void aStandbyIsRefusedButMayBePromotedLater() {
        Opened config = Opened.at(servers.replica().endpoints(), time);
        assertThatThrownBy(config::open)
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.permanent()).isFalse())
                .hasMessageContainingAll("takes no writes", "standby");
    }

    @Test
    void thePrimaryIsFoundAmongSeveralHosts() {
        InetSocketAddress standby = servers.replica().endpoint();
        InetSocketAddress primary = servers.primary().endpoint();
        try (Backend backend = Opened.at(List.of(standby, primary), time).open()) {
            assertThat(put(backend)).isPositive();
        }
    }

    @Test
    void noRevisionFallsWhenThePromotedReplicaHasMissedWrites() throws Exception {
        try (Backend backend = Opened.at(servers.endpoints(), time).open()) {
            put(backend);
            requireHigherRevisionsAfterALossOfWrites(backend);
        }
    }

    /** Both servers know of the first promotion. */
    @Test
    void noRevisionFallsInASecondPromotion() throws Exception {
        try (Backend backend = Opened.at(servers.endpoints(), time).open()) {
            put(backend);
            requireHigherRevisionsAfterALossOfWrites(backend);
            servers.rejoin();
            requireHigherRevisionsAfterALossOfWrites(backend);
        }
    }

    /** More writes are lost than the clock makes up for. */
    private void requireHigherRevisionsAfterALossOfWrites(Backend backend) throws Exception {
        servers.cutReplica();
        Database.run(
                servers.primary().endpoint(),
                "SELECT setval('sereno.revision', last_value + 1000000000000) FROM sereno.revision");
        long last = put(backend);
        servers.primary().kill();
        servers.promote(servers.replica());
        assertThat(putWhenThereIsAPrimary(backend)).isGreaterThan(last);
    }

    /** The sequence of the former primary was raised by a restart that the replica does not know of. */
    @Test
    void noRevisionFallsWhenTheReplicaHasMissedARestart() throws Exception {
        try (Backend backend = Opened.at(servers.endpoints(), time).open()) {
            put(backend);
            servers.cutReplica();
            servers.primary().restart();
            putWhenThereIsAPrimary(backend);
            requireHigherRevisionsAfterALossOfWrites(backend);
        }
    }

    @Test
    void aFormerPrimaryThatComesBackIsNotAsked() {
        PostgresServer former = servers.primary();
        try (Backend backend = Opened.at(servers.endpoints(), time).open()) {
            long last = put(backend);
            former.kill();
            servers.promote(servers.replica());
            long promoted = putWhenThereIsAPrimary(backend);
            assertThat(promoted).isGreaterThan(last);
            former.restart();
            servers.primary().kill();
            // The first finds out that its connection is broken, the second finds the former primary alone.
            assertThatThrownBy(() -> put(backend)).hasCauseInstanceOf(BackendException.class);
            assertThatThrownBy(() -> put(backend)).hasCauseInstanceOf(BackendException.class);
            servers.primary().restart();
            assertThat(putWhenThereIsAPrimary(backend)).isGreaterThan(promoted);
        }
    }

    /** {@code pg_upgrade} sets the timeline back to 1, which the epoch shows. */
    @Test
    void aServerOnAnEarlierTimelineIsTakenIfItsEpochIsLater() throws Exception {
        servers.primary().kill();
        servers.promote(servers.replica());
        try (PostgresServer upgraded = PostgresServer.start()) {
            Opened.at(upgraded.endpoints(), time).open().close();
            Database.run(upgraded.endpoint(), "UPDATE sereno.store SET epoch = 7");
            List<InetSocketAddress> hosts = List.of(servers.replica().endpoint(), upgraded.endpoint());
            try (Backend backend = Opened.at(hosts, time).open()) {
                long before = put(backend);
                servers.replica().kill();
                assertThat(putWhenThereIsAPrimary(backend)).isGreaterThan(before);
            }
        }
    }

    @Test
    void aHolderIsToldAndTheNextTokenIsGreater() throws Exception {
        Duration ttl = Duration.ofSeconds(4);
        String hosts = servers.endpoints().stream()
                .map(host -> host.getHostString() + ":" + host.getPort())
                .reduce((a, b) -> a + "," + b)
                .orElseThrow();
        String uri = "postgresql://" + PostgresServer.USER + ":any@" + hosts + "/" + PostgresServer.DATABASE
                + "?namespace=test";
        try (Sereno sereno = Sereno.builder().uri(uri).sessionTtl(ttl).connect()) {
            sereno.counter("c").incrementAndGet();
            servers.cutReplica();
            Grant held = sereno.mutex("m").acquire();
            servers.primary().kill();
            servers.promote(servers.replica());
            LossCause cause = held.lost().toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(cause).isIn(LossCause.SESSION_EXPIRED, LossCause.ENTRY_REMOVED, LossCause.STORE_RESTORED);
            try (Grant next =
                    sereno.mutex("m").tryAcquire(Duration.ofSeconds(30)).orElseThrow()) {
                assertThat(next.fencingToken()).isGreaterThan(held.fencingToken());
            }
        }
    }

    /** The revision. */
    private static long put(Backend backend) {
        CommitResult result = backend.commit(
                        Commit.to("d").put("n", Bytes.utf8("v")).build())
                .toCompletableFuture()
                .join();
        return ((CommitResult.Committed) result).revision();
    }

    private static long putWhenThereIsAPrimary(Backend backend) {
        for (int i = 0; i < 10; i++) {
            try {
                return put(backend);
            } catch (CompletionException e) {
                // Each attempt lasts until the operation timeout, unless its outcome is unknown at once.
                assertThat(e).hasCauseInstanceOf(BackendException.class);
            }
        }
        throw new AssertionError("no put was acknowledged");
    }
}
