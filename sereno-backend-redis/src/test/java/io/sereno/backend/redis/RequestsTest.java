package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.Grant;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import org.junit.jupiter.api.Test;

/** How many requests operations take, as the server counts them. */
class RequestsTest extends OneServerTest {
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

    @Test
    void anUncontendedLockIsTwoRequests() throws InterruptedException {
        try (Sereno sereno = Sereno.connect("redis://" + server().authority() + "/" + namespace + "?session-ttl=40s")) {
            Mutex mutex = sereno.mutex("m");
            mutex.acquire().release();
            int cycles = 200;
            long requests = requests(() -> {
                for (int i = 0; i < cycles; i++) {
                    acquire(mutex).release();
                }
                // What the last release sent has been carried out when this has.
                sereno.mutex("other").inspect();
            });
            // A tenth more for what the session does by itself meanwhile.
            assertThat(requests).isBetween(2L * cycles, 2L * cycles + cycles / 10);
        }
    }

    private static Grant acquire(Mutex mutex) {
        try {
            return mutex.acquire();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private long requests(Runnable work) {
        RedisCommands<String, String> redis = redis();
        long before = count(redis);
        work.run();
        return count(redis) - before;
    }

    private static long count(RedisCommands<String, String> redis) {
        return redis.info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_eval"))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".*[:,]calls=(\\d+).*", "$1")))
                .sum();
    }
}
