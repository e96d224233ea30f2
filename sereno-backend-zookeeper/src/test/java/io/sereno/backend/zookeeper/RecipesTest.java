package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Message;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The recipes with several clients on one server. */
@Tag("servers")
@Timeout(240)
class RecipesTest {
    private static final int CLIENTS = 3;
    private static final Duration SOON = Duration.ofSeconds(60);

    @Test
    void recipesOfSeveralClientsWorkTogether() throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            List<Sereno> clients = connect(server.authority(), "session-ttl=10s");
            mutexExcludes(clients, 20);
            countersAddUp(clients, 30);
            idsAreUnique(clients);
            aTopicHasOneOrder(clients);
            aLeaderThatClosesIsFollowedByAnother(clients);
        }
    }

    private static List<Sereno> connect(String authority, String parameters) {
        return IntStream.range(0, CLIENTS)
                .mapToObj(i -> Sereno.connect("zookeeper://" + authority + "/recipes?" + parameters))
                .toList();
    }

    /** One holder at a time, and each token greater than the one before. */
    private static void mutexExcludes(List<Sereno> clients, int times) {
        AtomicInteger inside = new AtomicInteger();
        AtomicLong lastToken = new AtomicLong();
        List<Long> tokens = new ArrayList<>();
        together(clients, sereno -> {
            for (int i = 0; i < times; i++) {
                try (Grant grant = sereno.mutex("m").acquire()) {
                    assertThat(inside.incrementAndGet()).isEqualTo(1);
                    assertThat(grant.fencingToken()).isGreaterThan(lastToken.getAndSet(grant.fencingToken()));
                    tokens.add(grant.fencingToken());
                    inside.decrementAndGet();
                }
            }
            return true;
        });
        assertThat(tokens).hasSize(CLIENTS * times);
    }

    private static void countersAddUp(List<Sereno> clients, int times) {
        together(clients, sereno -> {
            for (int i = 0; i < times; i++) {
                sereno.counter("c").incrementAndGet();
            }
            return true;
        });
        assertThat(clients.get(0).counter("c").get()).isEqualTo((long) CLIENTS * times);
    }

    private static void idsAreUnique(List<Sereno> clients) {
        Set<Long> ids = new HashSet<>();
        together(clients, sereno -> {
                    List<Long> own = new ArrayList<>();
                    for (int i = 0; i < 100; i++) {
                        own.add(sereno.ids("i").nextId());
                    }
                    return own;
                })
                .forEach(ids::addAll);
        assertThat(ids).hasSize(CLIENTS * 100);
    }

    private static void aTopicHasOneOrder(List<Sereno> clients) throws InterruptedException {
        List<TopicReader<String>> readers = new ArrayList<>();
        for (Sereno sereno : clients) {
            readers.add(sereno.topic("t", Codec.utf8()).reader(new From.Earliest()));
        }
        together(clients, sereno -> {
            Topic<String> topic = sereno.topic("t", Codec.utf8());
            for (int i = 0; i < 20; i++) {
                topic.publish(sereno.nodeId() + "-" + i);
            }
            return true;
        });
        List<List<String>> orders = new ArrayList<>();
        for (TopicReader<String> reader : readers) {
            List<String> order = new ArrayList<>();
            for (int i = 0; i < CLIENTS * 20; i++) {
                Message<String> message = reader.next(SOON).orElseThrow();
                assertThat(message.offset()).isEqualTo(i + 1L);
                order.add(message.payload());
            }
            orders.add(order);
            reader.close();
        }
        assertThat(orders).allMatch(orders.get(0)::equals);
        assertThat(new HashSet<>(orders.get(0))).hasSize(CLIENTS * 20);
    }

    /** Closes the clients, one after the other, as they lead. */
    private static void aLeaderThatClosesIsFollowedByAnother(List<Sereno> clients) {
        AtomicLong lastToken = new AtomicLong();
        together(clients, sereno -> {
            try (sereno) {
                LeaderElection election = sereno.election("e").start();
                Leadership leadership = election.awaitLeadership(SOON).orElseThrow();
                assertThat(leadership.fencingToken()).isGreaterThan(lastToken.getAndSet(leadership.fencingToken()));
            }
            return true;
        });
    }

    private static <T> List<T> together(List<Sereno> clients, Work<T> work) {
        List<CompletableFuture<T>> all = clients.stream()
                .map(sereno -> CompletableFuture.supplyAsync(
                        () -> {
                            Callable<T> own = () -> work.with(sereno);
                            try {
                                return own.call();
                            } catch (Exception e) {
                                throw new CompletionException(e);
                            }
                        },
                        RecipesTest::begin))
                .toList();
        return all.stream().map(CompletableFuture::join).toList();
    }

    private static void begin(Runnable task) {
        new Thread(task).start();
    }

    private interface Work<T> {
        T with(Sereno sereno) throws Exception;
    }
}
