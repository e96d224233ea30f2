package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisSentinel;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fail-over that provably lost writes: the promises that still hold. */
class SentinelTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private RedisSentinel servers;

    @BeforeEach
    void startServers() {
        servers = closing(RedisSentinel.start(Persistence.APPEND_ALWAYS));
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
    void aFailOverThatLostWritesNotifiesTheOwnersAndRevisionsRise() throws Exception {
        Backend backend = open();
        assertThat(backend.guarantees().promises())
                .contains(Promise.REVISIONS_SURVIVE_FAIL_OVER)
                .doesNotContain(Promise.DURABLE, Promise.FAIL_OVER_SAFE);
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        Lease known = grant(backend, TTL);
        put(backend, "d", "known", known);
        RedisServer replica = servers.replica();
        awaitCopy(replica, "d");

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

    /**
     * One holder whose session the replica knows, and one whose session it does not know. Both rely on their grants
     * until they are notified.
     */
    @Test
    void aFailOverThatLostGrantsNotifiesTheHoldersAndTokensRise() throws Exception {
        Sereno known = connect();
        Grant before = known.mutex("known").acquire();
        awaitCopy(servers.replica(), "lock/known");
        before.release();
        RedisServer replica = servers.replica();
        servers.cutReplica();
        Sereno unknown = connect();
        Grant lost = known.mutex("known").acquire();
        Grant lostWithItsSession = unknown.mutex("unknown").acquire();
        servers.primary().kill();
        servers.promote(replica);

        Sereno next = connect();
        Grant second = next.mutex("known").tryAcquire(SOON).orElseThrow();
        Grant third = next.mutex("unknown").tryAcquire(SOON).orElseThrow();
        assertThat(second.fencingToken()).isGreaterThan(lost.fencingToken());
        assertThat(third.fencingToken()).isGreaterThan(lostWithItsSession.fencingToken());
        assertThat(lost.lost().toCompletableFuture().get(30, TimeUnit.SECONDS)).isEqualTo(LossCause.ENTRY_REMOVED);
        assertThat(lostWithItsSession.lost().toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(lost.isHeld() || lostWithItsSession.isHeld()).isFalse();
        second.release();
        // The notified client continues.
        assertThat(known.mutex("known").tryAcquire(SOON).orElseThrow().fencingToken())
                .isGreaterThan(second.fencingToken());
    }

    /** Requests to it may stay without an answer for a minute; no client waits for that if there is another primary. */
    @Test
    void aSilentPrimaryIsLeftWhenAnotherHasTakenItsPlace() throws Exception {
        Backend backend = open(config().within(Duration.ofSeconds(5), Duration.ofMinutes(1)));
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        put(backend, "d", "before", "1");
        RedisServer replica = servers.replica();
        awaitCopy(replica, "d");
        notices.forget();
        servers.primary().pause();
        CompletionStage<?> sent =
                backend.commit(Commit.to("d").put("unanswered", Bytes.EMPTY).build());
        CompletionStage<Snapshot> read = backend.read(new Query.All("d"));
        servers.promote(replica);
        assertThat(((BackendException) failure(sent)).outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(join(read).entries()).extracting(Entry::name).containsExactly("before");
        put(backend, "d", "after", "1");
        notices.await("after", SOON);
    }

    private Sereno connect() {
        return closing(Sereno.connect("redis://" + servers.authority() + "/" + namespace + "?sentinel="
                + RedisSentinel.PRIMARY_NAME + "&session-ttl=20s"));
    }

    @Test
    void aRequiredPromiseThatAFailOverBreaksIsRefused() {
        for (String promise : List.of("durable", "fail-over-safe")) {
            assertThatThrownBy(() -> Sereno.connect("redis://" + servers.authority() + "/" + namespace + "?sentinel="
                            + RedisSentinel.PRIMARY_NAME + "&require=" + promise))
                    .isInstanceOf(SerenoConfigurationException.class)
                    .hasMessageContaining(promise);
        }
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

    /** WAIT covers only its own connection, so the test checks the replica. */
    private void awaitCopy(RedisServer replica, String directory) {
        String index = Script.of(namespace).keys()[2];
        var copy = redis(replica.endpoints().get(0));
        long begun = System.nanoTime();
        Range<String> entries = Range.from(Boundary.including(directory + "\0"), Boundary.excluding(directory + "\1"));
        while (copy.zlexcount(index, entries) == 0) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
        }
    }
}
