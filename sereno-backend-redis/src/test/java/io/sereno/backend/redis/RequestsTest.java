package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.Grant;
import io.sereno.IdGenerator;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How many requests operations take, as the server counts them. */
class RequestsTest extends OneServerTest {
    private static final int TIMES = 200;
    /** No client sends these; the server counts them when a script calls them. */
    private static final Set<String> WITHIN_THE_SCRIPT = Set.of(
            "time",
            "hget",
            "hmget",
            "hset",
            "hdel",
            "zadd",
            "zrem",
            "zrange",
            "zrangebylex",
            "zrangebyscore",
            "zscore",
            "spublish",
            "publish");

    /** How many commands one call of the script runs. */
    private static final Map<String, Long> RECORDED = Map.of(
            "read of one entry", 5L,
            "read of a directory", 6L,
            "put of a new entry", 10L,
            "put of an entry", 9L,
            "put of a new entry under a lease", 12L,
            "delete", 10L,
            "conflict", 5L,
            "grant", 8L,
            "renewal", 7L,
            "revocation, two entries", 17L);

    private static final Set<String> OF_THE_TEST = Set.of("info", "hello", "ping", "client|setinfo", "client|setname");

    @Test
    void everyOperationIsOneRequest() {
        Backend backend = open();
        Lease lease = grant(backend, TTL);
        assertThat(requests(() -> all(backend, "d"))).isEqualTo(1);
        assertThat(requests(() -> commit(
                        backend,
                        Commit.to("d")
                                .ifAbsent("a")
                                .put("a", Bytes.EMPTY, lease.id())
                                .returningAll())))
                .isEqualTo(1);
        assertThat(requests(() -> commit(
                        backend,
                        Commit.to("d").ifAbsent("a").put("b", Bytes.EMPTY).returningAll())))
                .isEqualTo(1);
        assertThat(requests(() -> join(backend.read(new Query.Range("d", "", 10)))))
                .isEqualTo(1);
        assertThat(requests(() -> join(lease.renew()))).isEqualTo(1);
        assertThat(requests(() -> grant(backend, TTL))).isEqualTo(1);
        assertThat(requests(() -> join(lease.revoke()))).isEqualTo(1);
    }

    /**
     * The commands that one call of the script runs at the server: all but INFO, which depends on the time since the latest write. A figure
     * that falls is to be recorded here.
     */
    @Test
    void theServersWorkForEachOperationIsRecorded() {
        Backend backend = open();
        Lease lease = grant(backend, TTL);
        put(backend, "d", "free", "1");
        put(backend, "d", "bound", lease);
        Map<String, Long> work = new LinkedHashMap<>();
        work.put("read of one entry", commandsOf(() -> join(backend.read(new Query.One("d", "free")))));
        work.put("read of a directory", commandsOf(() -> all(backend, "d")));
        work.put("put of a new entry", commandsOf(() -> put(backend, "d", "new", "1")));
        work.put("put of an entry", commandsOf(() -> put(backend, "d", "free", "2")));
        work.put("put of a new entry under a lease", commandsOf(() -> put(backend, "d", "mine", lease)));
        work.put("delete", commandsOf(() -> committed(backend, Commit.to("d").delete("new"))));
        work.put(
                "conflict",
                commandsOf(() -> commit(backend, Commit.to("d").ifAbsent("free").put("free", Bytes.EMPTY))));
        work.put("grant", commandsOf(() -> grant(backend, TTL)));
        work.put("renewal", commandsOf(() -> join(lease.renew())));
        work.put("revocation, two entries", commandsOf(() -> join(lease.revoke())));
        assertThat(work).containsExactlyInAnyOrderEntriesOf(RECORDED);
    }

    /** Two notices of the session's own entries may be on the way to each of them; nothing else is sent to them, and none of them asks. */
    @Test
    void aLockCostsTheSameBesideClientsThatDoNothing() throws Exception {
        int idle = 20;
        List<Sereno> clients = new ArrayList<>();
        try {
            for (int i = 0; i < idle; i++) {
                Sereno client = connect();
                clients.add(client);
                client.mutex("of" + i).acquire();
            }
            try (Sereno sereno = connect()) {
                Mutex mutex = sereno.mutex("m");
                mutex.acquire().release();
                long from = System.nanoTime();
                long requests = requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        acquire(mutex).release();
                    }
                });
                double seconds = (System.nanoTime() - from) / 1e9;
                // Each idle client ticks every 5 s, and looks at its lock and its marker now and then.
                assertThat((double) requests).isLessThan(2.1 * TIMES + idle * (2 + seconds));
            }
        } finally {
            for (Sereno client : clients) {
                client.close();
            }
        }
    }

    private long commandsOf(Runnable work) {
        RedisCommands<String, String> redis = redis();
        Map<String, Long> before = counts(redis);
        work.run();
        Map<String, Long> after = counts(redis);
        return WITHIN_THE_SCRIPT.stream()
                .mapToLong(command -> after.getOrDefault(command, 0L) - before.getOrDefault(command, 0L))
                .sum();
    }

    @Test
    void aFreeLockIsTwoRequestsAndEachCounterChangeAndMessageIsOne() throws Exception {
        try (Sereno sereno = connect()) {
            Mutex mutex = sereno.mutex("m");
            Counter counter = sereno.counter("c");
            Topic<String> topic = sereno.topic("t", Codec.utf8());
            IdGenerator ids = sereno.ids("i");
            mutex.acquire().release();
            counter.incrementAndGet();
            topic.publish("first");
            ids.nextId();
            assertThat(each(() -> mutex.acquire().release())).isBetween(2.0, 2.1);
            assertThat(each(counter::incrementAndGet)).isBetween(1.0, 1.1);
            assertThat(each(() -> topic.publish("message"))).isBetween(1.0, 1.1);
            assertThat(each(ids::nextId)).isLessThanOrEqualTo(0.1);
        }
    }

    /** Enqueue, receive the notice of the release before, check it, prove it, release. */
    @Test
    void aLockThatTwoClientsContendForIsAFewRequestsEachTime() throws Exception {
        try (Sereno one = connect();
                Sereno two = connect()) {
            List<Mutex> mutexes = List.of(one.mutex("m"), two.mutex("m"));
            mutexes.forEach(mutex -> acquire(mutex).release());
            long requests = requests(() -> mutexes.stream()
                    .map(mutex -> callbacks.submit(() -> {
                        for (int i = 0; i < TIMES; i++) {
                            acquire(mutex).release();
                        }
                    }))
                    .toList()
                    .forEach(RequestsTest::finish));
            assertThat(requests / (2.0 * TIMES)).isBetween(2.0, 6.0);
        }
    }

    /** Renewal and look at the marker; nothing for each lock. */
    @Test
    void aClientAtRestAsksTwiceInAThirdOfItsTtlHoweverManyLocksItHolds() throws Exception {
        Duration ttl = Duration.ofSeconds(4);
        try (Sereno sereno = connect(ttl)) {
            for (int i = 0; i < 100; i++) {
                sereno.mutex("m" + i).acquire();
            }
            RedisCommands<String, String> redis = redis();
            long begun = System.nanoTime();
            Duration eight;
            do {
                assertThat(Duration.ofNanos(System.nanoTime() - begun))
                        .as("the time until a hundred locks, each of which is looked at once, are at rest")
                        .isLessThan(ttl.multipliedBy(10));
                long from = System.nanoTime();
                long before = count(redis);
                while (count(redis) < before + 8) {
                    Thread.onSpinWait();
                }
                eight = Duration.ofNanos(System.nanoTime() - from);
                // Eight take four thirds of the ttl, or less, as the log asks too when the lease would have ended.
            } while (eight.compareTo(ttl) < 0);
        }
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private double each(Work work) {
        long requests = requests(() -> {
            try {
                for (int i = 0; i < TIMES; i++) {
                    work.run();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        return (double) requests / TIMES;
    }

    private Sereno connect() {
        return connect(Duration.ofSeconds(40));
    }

    private Sereno connect(Duration ttl) {
        return Sereno.connect(
                "redis://" + server().authority() + "/" + namespace + "?session-ttl=" + ttl.toSeconds() + "s");
    }

    private static void finish(Future<?> work) {
        try {
            work.get(60, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static Grant acquire(Mutex mutex) {
        try {
            return mutex.acquire();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** All requests of all clients meanwhile, those of subscriptions, renewals and ticks included. */
    private long requests(Runnable work) {
        RedisCommands<String, String> redis = redis();
        long before = count(redis);
        work.run();
        return count(redis) - before;
    }

    private static long count(RedisCommands<String, String> redis) {
        return counts(redis).entrySet().stream()
                .filter(command ->
                        !WITHIN_THE_SCRIPT.contains(command.getKey()) && !OF_THE_TEST.contains(command.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static Map<String, Long> counts(RedisCommands<String, String> redis) {
        return redis.info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_"))
                .collect(Collectors.toMap(
                        line -> line.substring("cmdstat_".length(), line.indexOf(':')),
                        line -> Long.parseLong(line.replaceAll(".*[:,]calls=(\\d+).*", "$1"))));
    }
}
