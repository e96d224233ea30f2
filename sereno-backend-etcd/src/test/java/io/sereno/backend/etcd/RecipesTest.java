package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.IdGenerator;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The recipes over etcd, with several clients that know nothing of one another. */
@Tag("servers")
class RecipesTest {
    private static final EtcdServer ETCD = SharedEtcd.SERVER;
    private static final int THREADS = 4;
    private static final int ROUNDS = 25;

    private final String uri = "etcd://" + ETCD.authority() + "/recipes/" + UUID.randomUUID();
    private final List<Sereno> clients = List.of(Sereno.connect(uri), Sereno.connect(uri), Sereno.connect(uri));
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        clients.forEach(Sereno::close);
    }

    private Sereno client(int i) {
        return clients.get(i % clients.size());
    }

    /** Runs this many times per client, in threads of their own, and waits. */
    private <T> List<T> everywhere(int each, Function<Sereno, Callable<T>> work) throws Exception {
        List<Future<T>> running = new ArrayList<>();
        for (int i = 0; i < each * clients.size(); i++) {
            running.add(threads.submit(work.apply(client(i))));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> one : running) {
            results.add(one.get());
        }
        return results;
    }

    @Test
    void aMutexIsHeldByOneAtATimeWithRisingTokens() throws Exception {
        countUnderAMutex();
    }

    private void countUnderAMutex() throws Exception {
        // Guarded by the mutex only.
        List<Long> tokens = new ArrayList<>();
        everywhere(THREADS, sereno -> () -> {
            Mutex mutex = sereno.mutex("close-month");
            for (int round = 0; round < ROUNDS; round++) {
                mutex.call(grant -> tokens.add(grant.fencingToken()));
            }
            return null;
        });
        assertThat(tokens).hasSize(THREADS * ROUNDS * clients.size()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void leadershipGoesFromOneToTheNext() throws Exception {
        List<LeaderElection> candidates = new ArrayList<>();
        for (Sereno sereno : clients) {
            candidates.add(sereno.election("scheduler").start());
        }
        List<Long> tokens = new ArrayList<>();
        Set<LeaderElection> led = new HashSet<>();
        while (led.size() < candidates.size()) {
            LeaderElection leader = awaitLeader(candidates);
            Leadership leadership = leader.leadership().orElseThrow();
            tokens.add(leadership.fencingToken());
            led.add(leader);
            leader.resign();
        }
        assertThat(tokens).isSorted().doesNotHaveDuplicates();
        candidates.forEach(LeaderElection::close);
    }

    private static LeaderElection awaitLeader(List<LeaderElection> candidates) throws Exception {
        while (true) {
            for (LeaderElection candidate : candidates) {
                if (candidate.awaitLeadership(Duration.ofMillis(20)).isPresent()) {
                    return candidate;
                }
            }
        }
    }

    @Test
    void aCounterCountsEachCallOnce() throws Exception {
        List<List<Long>> seen = everywhere(THREADS, sereno -> () -> {
            Counter counter = sereno.counter("orders");
            List<Long> values = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                values.add(counter.incrementAndGet());
            }
            return values;
        });
        List<Long> all = seen.stream().flatMap(List::stream).sorted().toList();
        assertThat(all).doesNotHaveDuplicates().startsWith(1L).endsWith((long) THREADS * ROUNDS * clients.size());
        client(0).counter("orders").delete();
    }

    @Test
    void aWaitGroupWaitsForItsWorkersWhereverTheyAre() throws Exception {
        WaitGroup group = client(0).waitGroup("night");
        group.add(2 * clients.size());
        Future<Boolean> waiting = threads.submit(() -> group.await(Duration.ofMinutes(1)));
        everywhere(2, sereno -> () -> {
            try (Worker worker = sereno.waitGroup("night").join()) {
                worker.done();
            }
            return null;
        });
        assertThat(waiting.get()).isTrue();
        assertThat(client(1).waitGroup("night").inspect().pending()).isZero();
        group.delete();
    }

    @Test
    void aTopicHasOneOrderForAll() throws Exception {
        try (TopicReader<String> first = topic(0).reader(new From.Earliest());
                TopicReader<String> second = topic(1).reader(new From.Earliest())) {
            everywhere(1, sereno -> () -> {
                for (int round = 0; round < ROUNDS; round++) {
                    sereno.topic("news", Codec.utf8()).publish("news " + round);
                }
                return null;
            });
            for (long offset = 1; offset <= (long) ROUNDS * clients.size(); offset++) {
                var seen = first.next(Duration.ofMinutes(1)).orElseThrow();
                assertThat(seen.offset()).isEqualTo(offset);
                assertThat(second.next(Duration.ofMinutes(1))).contains(seen);
            }
        }
        topic(0).delete();
    }

    private Topic<String> topic(int client) {
        return client(client).topic("news", Codec.utf8());
    }

    @Test
    void membersComeAndGo() throws Exception {
        joinAndLeave();
    }

    private void joinAndLeave() throws Exception {
        KeepAlive one = client(0).keepAlive("workers", "one", Duration.ofSeconds(20));
        KeepAlive two = client(1).keepAlive("workers", "two", Duration.ofSeconds(30));
        assertThat(client(2).membership("workers").members().list())
                .extracting(member -> member.id())
                .containsExactlyInAnyOrder("one", "two");
        one.close();
        assertThat(client(2).membership("workers").members().list())
                .extracting(member -> member.id())
                .containsExactly("two");
        two.close();
    }

    @Test
    void idsAreUnique() throws Exception {
        List<long[]> made = everywhere(1, sereno -> () -> {
            IdGenerator ids = sereno.ids("messages");
            return ids.nextIds(500);
        });
        assertThat(made.stream().flatMapToLong(Arrays::stream).distinct().count())
                .isEqualTo(1_500);
    }

    @Test
    void onlyTheNumberOfTheLayoutIsLeftWhenAllIsClosed() throws Exception {
        countUnderAMutex();
        joinAndLeave();
        clients.forEach(Sereno::close);
        try (Outsider outsider = new Outsider(ETCD)) {
            String namespace = uri.substring(uri.indexOf("recipes/"));
            assertThat(outsider.keys().stream().filter(key -> key.startsWith(namespace + ":")))
                    .containsExactly(namespace + ":layout");
        }
    }
}
