package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.Target;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two servers, which an operator makes the primary in turns, so that each has a state that the other never saw. */
class FailOverByHandTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private RedisServer first;
    private RedisServer second;

    @BeforeEach
    void startServers() {
        first = closing(RedisServer.start(Persistence.APPEND_ALWAYS, "repl-diskless-sync-delay 0"));
        second = closing(RedisServer.start(Persistence.APPEND_ALWAYS, "repl-diskless-sync-delay 0"));
    }

    @Override
    RedisServer server() {
        return first;
    }

    /** A fail-over, and within a minute the return to a server that does not know of it. */
    @Test
    void serversThatServeInTurnFromOneStateGiveNoRevisionTwice() {
        List<Long> revisions = new ArrayList<>();
        Backend backend = open();
        revisions.add(put(backend, "d", "both", "1"));
        replicate(second, first);
        promote(second);

        first.kill();
        Backend promoted = openAt(second);
        revisions.add(put(promoted, "d", "lost", "1"));
        revisions.add(put(promoted, "d", "lost", "2"));
        second.kill();

        first.restart();
        awaitWorking(backend, SOON);
        assertThat(names(backend, "d")).containsExactly("both");
        revisions.add(put(backend, "d", "later", "1"));
        revisions.add(put(backend, "d", "later", "2"));
        first.kill();

        second.restart();
        awaitWorking(promoted, SOON);
        assertThat(names(promoted, "d")).containsExactly("both", "lost");
        revisions.add(put(promoted, "d", "last", "1"));
        assertThat(revisions).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void revisionsOfTheFormerPrimaryInASplitAreLessThanAllOfThePromotedOne() {
        Backend former = open();
        put(former, "d", "both", "1");
        replicate(second, first);
        promote(second);
        Backend promoted = openAt(second);
        long least = put(promoted, "d", "promoted", "1");
        long greatest = 0;
        for (int i = 0; i < 500; i++) {
            greatest = put(former, "d", "former", "1");
        }
        assertThat(greatest).isLessThan(least);
        assertThat(put(open(), "d", "former", "1"))
                .as("with a connection that was made since the replica came")
                .isLessThan(least);
        assertThat(put(promoted, "d", "promoted", "2")).isGreaterThan(least);
    }

    /** No client called the other server meanwhile, so it has not recorded that it served. */
    @Test
    void aFormerPrimaryWithTheStateOfAnotherGivesNoRevisionTwice() {
        Backend backend = open();
        put(backend, "d", "both", "1");
        replicate(second, first);
        promote(second);
        long lost = 0;
        for (int i = 0; i < 500; i++) {
            lost = put(backend, "d", "lost", "1");
        }
        replicate(first, second);
        promote(first);
        Backend next = open();
        assertThat(names(next, "d")).containsExactly("both");
        assertThat(put(next, "d", "next", "1")).isGreaterThan(lost);
    }

    /**
     * The clients stay connected, and none of them calls. The lost state has more revisions than the elapsed time would
     * give.
     */
    @Test
    void aCallRightAfterTheServerWasAReplicaGivesNoRevisionTwiceAndWatchesGetAReset() throws Exception {
        Backend backend = open();
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        put(backend, "d", "both", "1");
        replicate(second, first);
        promote(second);
        redis().hincrby(Script.of(namespace).keys()[0], "revision", 100_000);
        long lost = put(backend, "d", "lost", "1");
        notices.await("lost", SOON);
        notices.forget();
        replicate(first, second);
        awaitClock(lost);
        promote(first);
        assertThat(put(backend, "d", "next", "1")).isGreaterThan(lost);
        notices.awaitReset(SOON);
        assertThat(names(backend, "d")).containsExactly("both", "next");
    }

    @Test
    void anIdleClientOfAServerThatWasAReplicaInBetweenGetsAReset() throws Exception {
        Backend backend = open();
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        put(backend, "d", "both", "1");
        replicate(second, first);
        promote(second);
        put(backend, "d", "lost", "1");
        notices.await("lost", SOON);
        notices.forget();
        replicate(first, second);
        promote(first);
        notices.awaitReset(SOON);
        assertThat(names(backend, "d")).containsExactly("both");
    }

    /** Returns when the first server's clock is past this. */
    private void awaitClock(long micros) {
        RedisCommands<String, String> redis = redis();
        List<String> now = redis.time();
        while (1_000_000 * Long.parseLong(now.get(0)) + Long.parseLong(now.get(1)) <= micros) {
            now = redis.time();
        }
    }

    private Backend openAt(RedisServer server) {
        return open(config().at(server.endpoints()));
    }

    private void replicate(RedisServer replica, RedisServer primary) {
        RedisCommands<String, String> redis = redis(replica.endpoints().get(0));
        redis.replicaof("127.0.0.1", primary.endpoints().get(0).getPort());
        long begun = System.nanoTime();
        // A replica rewrites its file when it has received everything; if it were killed before, it would start empty.
        while (!redis.info("replication").contains("master_link_status:up")
                || !redis.info("persistence").contains("aof_rewrite_in_progress:0")
                || !redis.info("persistence").contains("aof_rewrite_scheduled:0")) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
        }
    }

    private void promote(RedisServer replica) {
        assertThat(redis(replica.endpoints().get(0)).replicaofNoOne()).isEqualTo("OK");
    }
}
