package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Leases in thousands. */
class ManyLeasesTest extends OneServerTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void tenThousandLeasesLiveAndCanBeRenewedAndSlowNothing() {
        Backend backend = open();
        RedisCommands<String, String> redis = redis();
        double alone = putMicros(backend, redis);
        List<Lease> leases = grantAll(backend, 10_000, Duration.ofMinutes(10));
        assertThat(redis.zcard(Script.of(namespace).keys()[3])).isEqualTo(10_001);
        List<CompletionStage<Boolean>> renewals =
                leases.stream().map(Lease::renew).toList();
        assertThat(renewals).allSatisfy(renewal -> assertThat(join(renewal)).isTrue());
        put(backend, "d", "a", leases.get(9_999));
        // The time of each step of the script grows with the logarithm of the number of leases.
        assertThat(putMicros(backend, redis)).isLessThan(2 * alone + 50);
        assertThat(beginMicros(redis)).isLessThan(100_000);
    }

    /**
     * The processor time, in microseconds, that the script takes for a new process, which restarts every lease: the least
     * of several. By the clock it would include time in which a loaded machine did not run the server.
     */
    private double beginMicros(RedisCommands<String, String> redis) {
        Script script = Script.of(namespace);
        double least = Double.MAX_VALUE;
        for (int process = 0; process < 3; process++) {
            double begun = processorMicros(redis);
            redis.eval(
                    script.text(), ScriptOutputType.MULTI, script.keys(), "tick", "p" + process + " 0", "", "", "", "");
            least = Math.min(least, processorMicros(redis) - begun);
        }
        return least;
    }

    /** The cost of a put for the server, in microseconds. The least of some rounds, since the machine may stop the server for a while. */
    private static double putMicros(Backend backend, RedisCommands<String, String> redis) {
        double least = Double.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            redis.configResetstat();
            for (int i = 0; i < 100; i++) {
                put(backend, "d", "n" + i, "1");
            }
            least = Math.min(least, perCall(redis, "cmdstat_evalsha:", "usec_per_call"));
        }
        return least;
    }

    /**
     * A thousand leases that end at once are removed in portions, between which other calls run. The server measures by
     * the clock how long each portion takes. On an overloaded machine that includes time in which the server did not
     * run; a portion counts as blocking for 50 ms only if the server used that much of the processor between two looks.
     */
    @Test
    void aThousandLeasesThatEndAtOnceNeverBlockTheServerForMoreThanFiftyMilliseconds() throws Exception {
        Backend backend = open();
        RedisCommands<String, String> redis = redis();
        redis.configSet("slowlog-log-slower-than", "0");
        redis.configSet("slowlog-max-len", "100000");
        String leased = Script.of(namespace).keys()[3];
        for (int round = 0; round < 3; round++) {
            String directory = "d" + round;
            Notices notices = new Notices();
            watch(backend, new Target(directory, Optional.empty()), notices);
            List<Lease> leases = grantAll(backend, 1_000, Duration.ofMinutes(1));
            List<CompletionStage<CommitResult>> puts = new ArrayList<>();
            for (int i = 0; i < leases.size(); i++) {
                puts.add(backend.commit(Commit.to(directory)
                        .put("n" + i, Bytes.EMPTY, leases.get(i).id())
                        .build()));
            }
            assertThat(puts).allSatisfy(put -> assertThat(join(put)).isInstanceOf(Committed.class));
            notices.await("n999", SOON);
            notices.forget();

            redis.slowlogReset();
            double before = processorMicros(redis);
            double most = 0;
            // All of them have reached their deadline.
            redis.zadd(
                    leased,
                    leases.stream()
                            .flatMap(lease -> Stream.<Object>of(1.0, ((RedisLease) lease).key()))
                            .toArray());
            do {
                assertThat(names(backend, directory)).isEmpty();
                double now = processorMicros(redis);
                most = Math.max(most, now - before);
                before = now;
            } while (redis.zcard(leased) > 1);
            double work = most;
            List<Long> micros = scriptMicros(redis);
            assertThat(micros).as("calls among which the work was divided").hasSizeGreaterThan(3);
            assertThat(micros)
                    .as("microseconds of each call, and at most %.0f of the processor between two looks", work)
                    .allSatisfy(taken -> assertThat(Math.min(taken, work)).isLessThan(50_000));
            notices.await("n999", SOON);
        }
    }

    /** How long each call of the script took since the log of the server was emptied. */
    private static List<Long> scriptMicros(RedisCommands<String, String> redis) {
        return redis.slowlogGet(100_000).stream()
                .map(entry -> (List<?>) entry)
                .filter(entry -> ((List<?>) entry.get(3)).get(0).toString().startsWith("EVAL"))
                .map(entry -> (Long) entry.get(2))
                .toList();
    }

    /** The processor time of the thread that runs the scripts, since the server began. */
    private static double processorMicros(RedisCommands<String, String> redis) {
        return redis.info("cpu")
                .lines()
                .filter(line -> line.contains("_main_thread:"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1)) * 1_000_000)
                .sum();
    }

    private static double perCall(RedisCommands<String, String> redis, String command, String field) {
        return redis.info("commandstats")
                .lines()
                .filter(line -> line.startsWith(command))
                .flatMap(line -> List.of(line.substring(line.indexOf(':') + 1).split(",")).stream())
                .filter(pair -> pair.startsWith(field + "="))
                .mapToDouble(pair -> Double.parseDouble(pair.substring(field.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static List<Lease> grantAll(Backend backend, int count, Duration ttl) {
        List<CompletionStage<Lease>> grants = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            grants.add(backend.grantLease(ttl));
        }
        return grants.stream().map(RedisTest::join).toList();
    }
}
