package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.MigrateArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.suite.common.ManyDirectories;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisCluster;
import io.sereno.testservers.RedisServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Cluster: a namespace is in one slot, and slots move. */
class ClusterTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static RedisCluster servers;

    @BeforeAll
    static void startServers() {
        servers = RedisCluster.start(3, Persistence.APPEND_ALWAYS);
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    /** An earlier test may have left a master that does not see the others yet, and serves only its own namespace. */
    @BeforeEach
    void awaitWhole() {
        servers.awaitWhole();
    }

    @Override
    RedisCluster server() {
        return servers;
    }

    @Override
    Opened config() {
        return super.config().with(Map.of("cluster", "true"));
    }

    @Test
    void namespacesLiveOnTheNodesOfTheirSlots() throws Exception {
        for (int i = 0; i < 6; i++) {
            Backend backend = open(config().in(namespace + i));
            Notices notices = new Notices();
            watch(backend, new Target("d", Optional.empty()), notices);
            Lease lease = grant(backend, TTL);
            put(backend, "d", "a", lease);
            notices.await("a", SOON);
            assertThat(names(backend, "d")).containsExactly("a");
            String[] keys = Script.of(namespace + i).keys();
            assertThat(keys).extracting(SlotHash::getSlot).containsOnly(SlotHash.getSlot(keys[0]));
            assertThat(redis(servers.master(keys[0]).endpoints().get(0)).exists(keys))
                    .isEqualTo(5);
        }
    }

    @Test
    void tenThousandDirectoriesAreListedInFiveSeconds() throws Exception {
        ManyDirectories.requireListedSoon(open());
    }

    @Test
    void oneNodeInTheUriIsEnoughAndRecipesWork() throws Exception {
        for (int i = 0; i < 3; i++) {
            InetSocketAddress node = servers.endpoints().get(i);
            try (Sereno sereno = Sereno.connect(
                    "redis://127.0.0.1:" + node.getPort() + "/" + namespace + "?cluster=true&require=durable")) {
                try (Grant grant = sereno.mutex("m").tryAcquire(SOON).orElseThrow()) {
                    assertThat(grant.isHeld()).isTrue();
                }
                assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(i + 1);
            }
        }
    }

    /** A master without a replica is gone, so that all others refuse too. */
    @Test
    void callsToAClusterThatIsDownAreNotAppliedAndWorkAgainWhenItIsUp() {
        Backend backend = open();
        put(backend, "d", "a", "1");
        RedisServer holder = servers.master(Script.of(namespace).keys()[0]);
        RedisServer other = servers.members().stream()
                .filter(member -> member != holder)
                .findFirst()
                .orElseThrow();
        other.kill();
        String refusal = "";
        for (long begun = System.nanoTime(); !refusal.contains("CLUSTERDOWN"); ) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
            refusal = join(
                    backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()).handle((result, thrown) -> {
                        if (thrown == null) {
                            return "";
                        }
                        BackendException refused = (BackendException) Errors.unwrap(thrown);
                        assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                        assertThat(refused.permanent()).isFalse();
                        return String.valueOf(refused.getMessage());
                    }));
        }
        other.restart();
        awaitWorking(backend, SOON);
        assertThat(names(backend, "d")).containsExactly("a");
    }

    @Test
    void aSlotThatMovesIsAnOutageAndThenTheNamespaceIsFoundAgain() throws Exception {
        Backend backend = open();
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        Lease lease = grant(backend, TTL);
        put(backend, "d", "bound", lease);
        long before = put(backend, "d", "a", "1");
        notices.await("a", SOON);
        notices.forget();

        String[] keys = Script.of(namespace).keys();
        int slot = SlotHash.getSlot(keys[0]);
        RedisServer from = servers.master(keys[0]);
        RedisServer to = servers.members().stream()
                .filter(member -> member != from)
                .findFirst()
                .orElseThrow();
        RedisCommands<String, String> source = redis(from.endpoints().get(0));
        RedisCommands<String, String> target = redis(to.endpoints().get(0));
        target.clusterSetSlotImporting(slot, source.clusterMyId());
        source.clusterSetSlotMigrating(slot, target.clusterMyId());
        assertThat(names(backend, "d")).as("before the first key moves").containsExactly("a", "bound");
        source.migrate(
                "127.0.0.1", to.endpoints().get(0).getPort(), 0, 10_000, MigrateArgs.Builder.keys(keys[0], keys[1]));
        BackendException between = (BackendException) failure(
                backend.commit(Commit.to("d").put("between", Bytes.EMPTY).build()));
        assertThat(between.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(between.permanent()).isFalse();
        assertThat(between).hasMessageContaining("being moved");
        source.migrate(
                "127.0.0.1",
                to.endpoints().get(0).getPort(),
                0,
                10_000,
                MigrateArgs.Builder.keys(keys[2], keys[3], keys[4]));
        for (RedisServer member : List.of(to, from)) {
            redis(member.endpoints().get(0)).clusterSetSlotNode(slot, target.clusterMyId());
        }

        awaitWorking(backend, SOON);
        assertThat(names(backend, "d")).containsExactly("a", "bound");
        assertThat(join(lease.renew())).isTrue();
        assertThat(put(backend, "d", "a", "2")).isGreaterThan(before);
        notices.await("a", SOON);
    }
}
