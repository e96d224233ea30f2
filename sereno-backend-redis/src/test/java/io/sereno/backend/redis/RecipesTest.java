package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.IdGenerator;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The recipes with several clients of one server. */
class RecipesTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private RedisServer server;

    @BeforeEach
    void startServer() {
        server = closing(RedisServer.start(Persistence.APPEND_ALWAYS));
    }

    @Override
    RedisServer server() {
        return server;
    }

    private Sereno connect() {
        return closing(
                Sereno.connect("redis://" + server.authority() + "/" + namespace + "?require=durable&session-ttl=4s"));
    }

    @Test
    void aMutexHasOneHolderAtATimeAndTokensThatIncrease() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        List<Long> tokens = Collections.synchronizedList(new ArrayList<>());
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Mutex mutex = connect().mutex("m");
            for (int j = 0; j < 3; j++) {
                Callable<Void> work = () -> {
                    for (int round = 0; round < 20; round++) {
                        try (Grant grant = mutex.acquire()) {
                            assertThat(inside.incrementAndGet()).isEqualTo(1);
                            tokens.add(grant.fencingToken());
                            inside.decrementAndGet();
                        }
                    }
                    return null;
                };
                workers.add(callbacks.submit(work));
            }
        }
        for (Future<?> worker : workers) {
            worker.get(60, TimeUnit.SECONDS);
        }
        assertThat(tokens).hasSize(240).isSorted().doesNotHaveDuplicates();
        assertThat(redis().zcard(Script.of(namespace).keys()[2]))
                .as("markers of four sessions, and the empty member")
                .isEqualTo(5);
    }

    @Test
    void aLeaderThatLeavesIsFollowedByTheNext() throws Exception {
        LeaderElection first = connect().election("e").start();
        Leadership leads = first.awaitLeadership(SOON).orElseThrow();
        LeaderElection second = connect().election("e").start();
        first.close();
        Leadership next = second.awaitLeadership(SOON).orElseThrow();
        assertThat(next.fencingToken()).isGreaterThan(leads.fencingToken());
        assertThat(leads.isHeld()).isFalse();
    }

    @Test
    void aGrantOutlivesAKillOfTheServerThatIsShorterThanItsTtl() throws Exception {
        Sereno sereno = connect();
        Grant grant = sereno.mutex("m").acquire();
        server.kill();
        server.restart();
        Sereno other = connect();
        assertThat(other.mutex("m").tryAcquire()).isEmpty();
        if (grant.isHeld()) {
            grant.release();
        }
        Grant next = other.mutex("m").tryAcquire(SOON).orElseThrow();
        assertThat(next.fencingToken()).isGreaterThan(grant.fencingToken());
    }

    @Test
    void aCounterCountsEachOnce() throws Exception {
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Counter counter = connect().counter("c");
            for (int j = 0; j < 3; j++) {
                Callable<Void> work = () -> {
                    for (int n = 0; n < 50; n++) {
                        counter.incrementAndGet();
                    }
                    return null;
                };
                workers.add(callbacks.submit(work));
            }
        }
        for (Future<?> worker : workers) {
            worker.get(60, TimeUnit.SECONDS);
        }
        assertThat(connect().counter("c").get()).isEqualTo(450);
    }

    @Test
    void idsAreUniqueOverClients() throws Exception {
        Set<Long> ids = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            IdGenerator generator = connect().ids("i");
            for (long id : generator.nextIds(1_000)) {
                ids.add(id);
            }
        }
        assertThat(ids).hasSize(3_000);
    }

    @Test
    void aTopicIsReadInOrderByAllClients() throws Exception {
        Topic<String> topic = connect().topic("t", Codec.utf8());
        for (int i = 0; i < 300; i++) {
            topic.publish("m" + i);
        }
        for (int reader = 0; reader < 2; reader++) {
            try (TopicReader<String> messages =
                    connect().topic("t", Codec.utf8()).reader(new From.Earliest())) {
                for (int i = 0; i < 300; i++) {
                    assertThat(messages.next(SOON).orElseThrow().payload()).isEqualTo("m" + i);
                }
            }
        }
    }

    @Test
    void aMemberIsSeenWhileItLives() throws Exception {
        Sereno sereno = connect();
        KeepAlive member = connect().keepAlive("g", "node-1", Duration.ofSeconds(4));
        assertThat(sereno.membership("g").members().list()).hasSize(1);
        member.close();
        assertThat(sereno.membership("g").members().list()).isEmpty();
    }
}
