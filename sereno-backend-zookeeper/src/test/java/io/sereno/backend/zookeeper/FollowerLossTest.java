package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Lease;
import io.sereno.testservers.ZooKeeperEnsemble;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A follower dies after it acknowledged renewals that the leader does not know: leases still live on from them. Its
 * client knows no other server, and cannot renew elsewhere. The tick is long, so that much is lost.
 */
@Tag("servers")
@Timeout(240)
class FollowerLossTest {
    private static final Duration TICK = Duration.ofSeconds(2);
    private static final int SPREAD = 8;
    private static final int AT_LAST = 4;

    private ZooKeeperEnsemble ensemble;

    @BeforeEach
    void start() {
        ensemble = ZooKeeperEnsemble.start(3, "tickTime=" + TICK.toMillis());
    }

    @AfterEach
    void stop() {
        ensemble.close();
    }

    /**
     * Repeats until leases without slack have ended early, which shows that renewals were lost; usually one round is
     * enough.
     */
    @Test
    void noLeaseEndsBeforeTheTtlSinceARenewalThatDiedWithItsFollower() throws Exception {
        ZooKeeperServer leader = ensemble.leader();
        ZooKeeperServer follower = ensemble.members().stream()
                .filter(member -> member != leader)
                .findFirst()
                .orElseThrow();
        List<Duration> earlyWithoutSlack = new ArrayList<>();
        for (int round = 0; earlyWithoutSlack.isEmpty(); round++) {
            assertThat(round).as("rounds in which no renewal was lost").isLessThan(10);
            if (round > 0) {
                follower.restart();
            }
            String with = "with-" + round;
            String without = "without-" + round;
            try (Client client = connect(follower, with, Map.of());
                    Client careless = connect(follower, without, Map.of("slack", "0ms"));
                    Client observer = connect(leader, with, Map.of());
                    Client other = connect(leader, without, Map.of())) {
                List<Kept> safe = keep(client);
                List<Kept> unsafe = keep(careless);
                // Renewals are spread over a tick, in which the leader asks twice for the live sessions; the last ones
                // come just before the kill.
                for (int i = 0; i < SPREAD + AT_LAST; i++) {
                    pause(client, i < SPREAD ? TICK.dividedBy(SPREAD) : Duration.ZERO);
                    safe.get(i).renew();
                    unsafe.get(i).renew();
                }
                follower.kill();
                while (!safe.isEmpty() || !unsafe.isEmpty()) {
                    assertThat(endedEarly(observer, safe)).isEmpty();
                    earlyWithoutSlack.addAll(endedEarly(other, unsafe));
                }
            }
        }
    }

    private static final class Kept {
        final String name;
        final Lease lease;
        long renewed;

        Kept(String name, Lease lease) {
            this.name = name;
            this.lease = lease;
        }

        void renew() throws InterruptedException {
            renewed = System.nanoTime();
            assertThat(Client.await(lease.renew())).isTrue();
        }
    }

    private static List<Kept> keep(Client client) {
        List<Kept> kept = new ArrayList<>();
        for (int i = 0; i < SPREAD + AT_LAST; i++) {
            // The leader ends sessions once a tick, so the sessions are spread over a tick.
            Lease lease = client.lease(
                    TICK.multipliedBy(2).plus(TICK.dividedBy(AT_LAST).multipliedBy(i % AT_LAST)));
            client.put("d", "n" + i, lease);
            kept.add(new Kept("n" + i, lease));
        }
        return kept;
    }

    /** Forgets those that are gone; returns how much too early they ended. */
    private static List<Duration> endedEarly(Client observer, List<Kept> kept) {
        List<String> there = observer.names("d");
        long now = System.nanoTime();
        List<Duration> early = kept.stream()
                .filter(each -> !there.contains(each.name))
                .map(each -> each.lease.ttl().minusNanos(now - each.renewed))
                .filter(tooSoon -> !tooSoon.isNegative())
                .toList();
        kept.removeIf(each -> !there.contains(each.name));
        return early;
    }

    private static void pause(Client client, Duration duration) throws InterruptedException {
        CompletableFuture<Void> over = new CompletableFuture<>();
        client.time().schedule(duration, Runnable::run, () -> over.complete(null));
        Client.await(over);
    }

    private static Client connect(ZooKeeperServer server, String namespace, Map<String, String> parameters) {
        return new Client(Client.Config.of(server.endpoints(), namespace).withParameters(parameters));
    }
}
