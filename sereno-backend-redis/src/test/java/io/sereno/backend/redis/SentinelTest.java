package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Target;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisSentinel;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fail-over that provably lost writes: what was promised nevertheless. */
class SentinelTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private RedisSentinel servers;

    @BeforeEach
    void startServers() {
        servers = RedisSentinel.start(Persistence.APPEND_ALWAYS);
    }

    @AfterEach
    void stopServers() {
        servers.close();
    }

    @Override
    RedisSentinel server() {
        return servers;
    }

    @Override
    Opened config() {
        return super.config().with(Map.of("sentinel", RedisSentinel.PRIMARY_NAME));
    }

    @Test
    void afterAFailOverThatLostWritesRevisionsGoOnAndLosersAreTold() throws Exception {
        Backend backend = open();
        assertThat(backend.guarantees().promises())
                .contains(Promise.REVISIONS_SURVIVE_FAIL_OVER)
                .doesNotContain(Promise.DURABLE, Promise.FAIL_OVER_SAFE);
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        Lease known = grant(backend, TTL);
        put(backend, "d", "known", known);
        RedisServer replica = servers.replica();
        awaitCopy(replica);

        servers.cutReplica();
        Lease lost = grant(backend, TTL);
        long greatest = put(backend, "d", "lost", lost);
        notices.await("lost", SOON);
        notices.forget();
        servers.primary().kill();
        servers.promote(replica);

        awaitWorking(backend, SOON);
        assertThat(names(backend, "d")).as("the fail-over lost a write").containsExactly("known");
        notices.awaitReset(SOON);
        assertThat(join(known.renew())).isTrue();
        assertThat(join(lost.renew())).isFalse();
        assertThat(commit(backend, Commit.to("d").put("lost", Bytes.EMPTY, lost.id())))
                .isEqualTo(new LeaseDead());
        assertThat(put(backend, "d", "next", "1"))
                .as("the first revision after the fail-over")
                .isGreaterThan(greatest);
        notices.forget();
        put(backend, "d", "later", "1");
        notices.await("later", SOON);
    }

    @Test
    void aNameThatSentinelDoesNotKnowAndAReplicaAreRefused() {
        assertThatThrownBy(
                        () -> super.config().with(Map.of("sentinel", "nobody")).open())
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("'nobody'");
        assertThatThrownBy(() -> super.config()
                        .at(servers.replica().endpoints())
                        .with(Map.of())
                        .open())
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("replica");
    }

    /** WAIT speaks of its own connection only, so the replica is looked at. */
    private void awaitCopy(RedisServer replica) {
        String entries = Script.of(namespace).keys()[1];
        var copy = redis(replica.endpoints().get(0));
        long begun = System.nanoTime();
        while (!copy.hexists(entries, "d\0known")) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
        }
    }
}
