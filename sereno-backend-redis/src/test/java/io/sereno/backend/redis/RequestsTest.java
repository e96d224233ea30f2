package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How many requests the operations of the SPI take, as the server counts them, and how much work they are for the server. */
class RequestsTest extends OneServerTest {
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
            "revocation, two entries", 16L);

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
     * The commands that one call of the script runs at the server: all but INFO, which depends on the time since the
     * latest write. If a figure falls, record the new one here.
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

    private long commandsOf(Runnable work) {
        RedisCommands<String, String> redis = redis();
        Map<String, Long> before = counts(redis);
        work.run();
        Map<String, Long> after = counts(redis);
        return WITHIN_THE_SCRIPT.stream()
                .mapToLong(command -> after.getOrDefault(command, 0L) - before.getOrDefault(command, 0L))
                .sum();
    }

    /** A renewal and a check of the marker; nothing for each lock. */
    @Test
    void aClientAtRestSendsTwoRequestsInAThirdOfItsTtlHoweverManyLocksItHolds() throws Exception {
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
                // Eight requests take four thirds of the ttl, or less, since the client ticks too.
            } while (eight.compareTo(ttl) < 0);
        }
    }

    private Sereno connect(Duration ttl) {
        return Sereno.connect(
                "redis://" + server().authority() + "/" + namespace + "?session-ttl=" + ttl.toSeconds() + "s");
    }

    /** All requests of all clients meanwhile, those of subscriptions, renewals and ticks included. */
    private long requests(Runnable work) {
        RedisCommands<String, String> redis = redis();
        long before = count(redis);
        work.run();
        return count(redis) - before;
    }

    static long count(RedisCommands<String, String> redis) {
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
