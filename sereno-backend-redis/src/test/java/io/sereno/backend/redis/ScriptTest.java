package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.ZAddArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The script with processes and clocks that a test cannot have: the test passes the process and its start. */
class ScriptTest extends OneServerTest {
    private static final String META = "meta";
    private static final long HOUR = Duration.ofHours(1).toNanos() / 1_000;
    private static final long TERM = Duration.ofSeconds(6).toNanos() / 1_000;
    private static final long JUMP = Duration.ofMinutes(1).toNanos() / 1_000;

    private RedisCommands<String, String> redis;
    private Map<String, String> keys;

    @BeforeEach
    void connect() {
        redis = redis();
        String[] all = Script.of(namespace).keys();
        keys = Map.of(META, all[0], "leases", all[3]);
    }

    /** As where a slot moves to a node that has been there for days: nothing was restarted, and leases are renewed all the time. */
    @Test
    void leasesLiveForAFullTtlAfterAProcessThatRanBeforeTakesOver() {
        run("first", 0, "grant", "1:60000", "60000");
        tick("second", micros() - 24 * HOUR);
        assertThat(toDeadline("second")).isBetween(30_000_000L, 60_000_000L);
    }

    /** As after a restart that no client noticed: a lease whose ttl has passed since the process began is gone for the first caller. */
    @Test
    void aTtlBeginsWithTheProcessIfItBeganAfterTheLastWrite() {
        run("first", 0, "grant", "1:300", "300");
        run("first", 0, "grant", "2:60000", "60000");
        long began = micros();
        awaitMicros(began + 400_000);
        assertThat(toDeadline("second", began)).isBetween(30_000_000L, 60_000_000L - 400_000L);
        assertThat(redis.zscore(keys.get("leases"), "1:300")).isNull();
    }

    @Test
    void aTtlBeginsWithTheFirstCallIfTheStartOfTheProcessIsUnknown() {
        run("first", 0, "grant", "1:60000", "60000");
        long before = micros();
        awaitMicros(before + 100_000);
        tick("second", 0);
        double deadline = redis.zscore(keys.get("leases"), "1:60000");
        assertThat(deadline).isGreaterThanOrEqualTo((double) (before + 100_000 + 60_000_000));
    }

    /**
     * So no revision is ahead of the clock, and the next process, which sees a later time, begins after all of them.
     */
    @Test
    void eachProcessBeginsWithTheTimeAtWhichItTakesOverAndCounts() {
        for (String process : List.of("first", "second", "first", "third")) {
            long before = micros();
            long first = revision(process);
            assertThat(first).isBetween(before, micros());
            awaitMicros(before + 50_000);
            assertThat(revision(process) - first).as("within a process").isBetween(1L, 1_000L);
        }
    }

    @Test
    void processesThatTakeOverFromOneStateGiveNoRevisionTwice() {
        revision("first");
        Map<String, String> state = redis.hgetall(keys.get(META));
        List<Long> given = new ArrayList<>();
        for (String process : List.of("second", "third", "second", "first")) {
            redis.del(Script.of(namespace).keys());
            redis.hset(keys.get(META), state);
            given.add(revision(process.equals("first") ? "fourth" : process));
            given.add(revision(process.equals("first") ? "fourth" : process));
        }
        assertThat(given).isSorted().doesNotHaveDuplicates();
    }

    /** As if one side of a split continues alone: its revisions stay behind all revisions of the promoted side. */
    @Test
    void aProcessBesideItsSuccessorStaysBehindIt() {
        revision("former");
        // It has served for an hour.
        for (String field : List.of("born", "revision")) {
            redis.hincrby(keys.get(META), field, -HOUR);
        }
        assertThat(micros() - revision("former")).isGreaterThan(HOUR - HOUR / 500);
    }

    /**
     * Another primary may have given the server its state. Each call notices that, even on a connection from before.
     */
    @Test
    void aServerThatWasAReplicaInBetweenCountsAsAnotherProcess() {
        RedisServer other = closing(RedisServer.start(Persistence.NONE));
        redis = redis(other.endpoints().get(0));
        for (String[] call : List.of(
                new String[] {"tick", "", ""},
                new String[] {"read", "all", "d", "", "9", "9"},
                new String[] {"commit", "d", "", "1", "0", "1", "put", "n", "", "none"},
                new String[] {"renew", "1:60000", "60000"},
                new String[] {"revoke", "2:60000"})) {
            redis.del(Script.of(namespace).keys());
            long former = revision("first");
            awaitMicros(micros() + 50_000);
            assertThat(revision("first") - former).as("undisturbed").isBetween(1L, 1_000L);
            run("first", 0, "grant", "1:60000", "60000");
            redis.replicaof("127.0.0.1", 1);
            redis.replicaofNoOne();
            // A connection that was made before knows the start of the process to a second.
            long began = micros();
            awaitMicros(began + 50_000);
            long before = micros();
            run("first", began, call[0], Arrays.copyOfRange(call, 1, call.length));
            assertThat(Long.parseLong(redis.hget(keys.get(META), "revision")))
                    .as("the revision after " + call[0])
                    .isGreaterThan(before);
            assertThat(redis.zscore(keys.get("leases"), "1:60000")).isGreaterThanOrEqualTo(before + 60_000_000.0);
        }
    }

    /** The clock of the new process is an hour behind that of the former. */
    @Test
    void aClockBehindTheRevisionsContinuesAfterThemAndIsReported() {
        revision("first");
        redis.hincrby(keys.get(META), "revision", HOUR);
        long known = Long.parseLong(redis.hget(keys.get(META), "revision"));
        assertThat(revision("00000007")).isEqualTo(known + JUMP + 7 + 1);
        assertThat(parsed(tick("00000007", 0)).clockBehind()).isBetween(ofMicros(HOUR), ofMicros(HOUR + 2 * JUMP));
        try (Backend backend = open()) {
            assertThat(backend.guarantees().promises()).doesNotContain(Promise.REVISIONS_SURVIVE_FAIL_OVER);
        }
    }

    /** No connected client sends the number again. */
    @Test
    void aNamespaceThatIsEmptiedWhileClientsAreConnectedHasTheNumberOfItsLayoutAgainWithTheNextCall() {
        Backend backend = open();
        put(backend, "d", "a", "1");
        String layout = redis.hget(keys.get(META), "layout");
        redis.del(Script.of(namespace).keys());
        assertThat(redis.exists(keys.get(META))).isZero();
        put(backend, "d", "a", "1");
        assertThat(redis.hget(keys.get(META), "layout")).isEqualTo(layout).isNotNull();
    }

    /** The log of changes is not used any more; everything else has the same form. */
    @Test
    void aNamespaceOfTheFormerLayoutIsConvertedWhenItsLastSessionHasEnded() {
        formerly();
        redis.zadd(keys.get("leases"), (double) (micros() + 60_000_000), "1:60000");
        assertThatThrownBy(this::open)
                .hasMessageContaining("layout 1")
                .hasMessageContaining("clients of a former version of Sereno have sessions there; stop them")
                .hasMessageContaining("docs/redis.md, 'What is stored', says how to end them by hand");
        assertThat(redis.hget(keys.get(META), "layout")).isEqualTo("1");
        redis.zadd(keys.get("leases"), ZAddArgs.Builder.xx(), 0, "1:60000");
        Backend backend = open();
        assertThat(redis.hget(keys.get(META), "layout")).isEqualTo("2");
        assertThat(all(backend, "d")).singleElement().satisfies(entry -> {
            assertThat(entry.name()).isEqualTo("a");
            assertThat(entry.value()).isEqualTo(Bytes.utf8("value"));
            assertThat(put(backend, "d", "a", "2")).isGreaterThan(entry.modRevision());
        });
    }

    /** The server was not restarted, so no renewal is lost; the latest write was before the lease ended, as its client was killed. */
    @Test
    void aConversionRevivesNoSessionThatHasEnded() {
        formerly();
        redis.hset(
                keys.get(META),
                Map.of("run", info("server", "run_id"), "history", info("replication", "master_replid")));
        long deadline = Long.parseLong(redis.hget(keys.get(META), "clock")) + 500;
        redis.zadd(keys.get("leases"), (double) deadline, "1:60000");
        String[] all = Script.of(namespace).keys();
        redis.hset(all[1], "d\0held", "1 1 1:60000 value");
        redis.zadd(all[2], 0, "d\0held");
        redis.zadd(all[4], 0, "1:60000\0d\0held");
        awaitMicros(deadline + 1);
        assertThat(names(open(), "d")).containsExactly("a");
    }

    private String info(String section, String field) {
        return ServerFacts.parse(redis.info(section)).fields().getOrDefault(field, "");
    }

    /** The first builds of layout 1 did not store its number. */
    @Test
    void aNamespaceWithoutANumberOfTheLayoutIsOfTheFormerLayoutToo() {
        formerly();
        redis.hdel(keys.get(META), "layout");
        redis.zadd(keys.get("leases"), (double) (micros() + 60_000_000), "1:60000");
        assertThatThrownBy(this::open).hasMessageContaining("layout 1");
        redis.zrem(keys.get("leases"), "1:60000");
        open();
        redis.hdel(keys.get(META), "layout");
        redis.zadd(keys.get("leases"), (double) (micros() + 60_000_000), "1:60000");
        open();
        assertThat(redis.hget(keys.get(META), "layout")).as("lost by hand").isEqualTo("2");
    }

    /** Their revisions are in the field rev, and their script refuses, before it writes, where the field is near 2^53. */
    @Test
    void clientsOfTheFormerLayoutThatAreConnectedAreShutOut() {
        formerly();
        open();
        assertThat(Long.parseLong(redis.hget(keys.get(META), "rev"))).isEqualTo(1L << 53);
        assertThat(Long.parseLong(redis.hget(keys.get(META), "revision"))).isBetween(micros() - HOUR, micros());
    }

    /** As a client of layout 1 leaves it. */
    private void formerly() {
        String[] all = Script.of(namespace).keys();
        long revision = micros() - 1_000;
        redis.hset(
                all[0],
                Map.of(
                        "rev",
                        "" + revision,
                        "clock",
                        "" + revision,
                        "shift",
                        "0",
                        "run",
                        "former",
                        "born",
                        "" + (revision - 1),
                        "history",
                        "",
                        "layout",
                        "1"));
        redis.hset(all[1], Map.of("", "", "d\0a", revision + " " + revision + " - value"));
        redis.zadd(all[2], 0, "");
        redis.zadd(all[2], 0, "d\0a");
        redis.zadd(all[3], Double.POSITIVE_INFINITY, "");
        redis.zadd(all[4], 0, "");
    }

    @Test
    void aFewClientsWakeUpForTheEndOfALeaseHoweverManyWatch() {
        List<Boolean> reapers = new ArrayList<>();
        withinTheTerm(() -> {
            reapers.clear();
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 7; i++) {
                    reapers.add(isReaper("c" + i));
                }
            }
        });
        assertThat(reapers)
                .containsExactly(
                        true, true, true, true, true, false, false, true, true, true, true, true, false, false);
    }

    /** If many clients come and go, those that stay keep their places. */
    @Test
    void onlyAClientThatHasNotTickedForSixSecondsLosesItsPlace() {
        List<Boolean> others = new ArrayList<>();
        withinTheTerm(() -> {
            others.clear();
            for (int i = 0; i < 5; i++) {
                isReaper("c" + i);
            }
            others.add(isReaper("other"));
            String[] reapers = redis.hget(keys.get(META), "reapers").split(" ");
            reapers[1] = Long.toString(micros() - TERM);
            redis.hset(keys.get(META), "reapers", String.join(" ", reapers));
            others.add(isReaper("other"));
            others.add(isReaper("another"));
        });
        assertThat(others).containsExactly(false, true, false);
    }

    /** If the machine stood still for so long that clients count as gone, the work is repeated. */
    private void withinTheTerm(Runnable work) {
        long begun;
        do {
            redis.hdel(keys.get(META), "reapers");
            begun = micros();
            work.run();
        } while (micros() - begun >= TERM);
    }

    private boolean isReaper(String client) {
        return parsed(run("first", 0, "tick", "", client)).reaper();
    }

    /** This test's client returns text where the backend's returns bytes. */
    private static Replies.Tick parsed(List<Object> reply) {
        List<Object> parts = new ArrayList<>(reply);
        parts.set(5, Requests.bytes((String) reply.get(5)));
        return Replies.tick(parts);
    }

    private static Duration ofMicros(long micros) {
        return Duration.of(micros, ChronoUnit.MICROS);
    }

    /** A client that may not call INFO does not change what is stored about the process. */
    @Test
    void aCallWithoutAProcessIdCountsAsTheSameProcess() {
        long before = revision("first");
        assertThat(revision("") - before).isLessThan(JUMP);
        assertThat(redis.hget(keys.get(META), "run")).isEqualTo("first");
    }

    /** For the script, a clock that was set back by an hour is the same as a stored clock that is an hour ahead. */
    @Test
    void aStepBackOfTheClockStopsNeitherLeasesNorRevisions() {
        Backend backend = open();
        Lease lease = grant(backend, Duration.ofSeconds(1));
        put(backend, "d", "a", lease);
        long before = put(backend, "d", "b", "1");
        redis.hincrby(keys.get(META), "clock", HOUR);
        redis.hincrby(keys.get(META), "revision", HOUR);
        redis.zaddincr(keys.get("leases"), (double) HOUR, ((RedisLease) lease).key());
        long begun = System.nanoTime();
        long next = put(backend, "d", "b", "2");
        assertThat(next).isGreaterThan(before + HOUR);
        assertThat(put(backend, "d", "b", "3")).isEqualTo(next + 1);
        List<String> seen = names(backend, "d");
        while (seen.size() == 2) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
            seen = names(backend, "d");
        }
        assertThat(seen).containsExactly("b");
    }

    /**
     * Both steps as the script sees them: the stored clock is ahead of the wall clock, and then it is not. Meanwhile
     * leases are written.
     */
    @Test
    void aClockThatStepsBackAndForwardAgainEndsNoLeaseEarly() {
        Backend backend = open();
        long begun = System.nanoTime();
        Lease lease = grant(backend, Duration.ofSeconds(3));
        put(backend, "d", "a", lease);
        stepBack(2_000_000);
        put(backend, "d", "b", "1");
        assertThat(join(grant(backend, TTL).renew())).isTrue();
        stepBack(-2_000_000);
        List<String> seen = names(backend, "d");
        while (seen.contains("a")) {
            seen = names(backend, "d");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void aStepBackLetsLeasesEndAtMostFiveSecondsLaterAndWatchersKnowWhen() {
        run("first", 0, "grant", "1:60000", "60000");
        stepBack(2_000_000);
        assertThat(toDeadline("first")).isBetween(60_000_000L, 62_000_000L);
        stepBack(1_000_000);
        assertThat(toDeadline("first")).isBetween(61_000_000L, 63_000_000L);
        stepBack(HOUR);
        assertThat(toDeadline("first")).isBetween(63_000_000L, 65_000_000L);
        // A call of the script without a write stores nothing.
        run("first", 0, "renew", "1:60000", "60000");
        assertThat(toDeadline("first")).isBetween(63_000_000L, 65_000_000L);
    }

    private void stepBack(long micros) {
        redis.hincrby(keys.get(META), "clock", micros);
        for (String lease : redis.zrangebyscore(keys.get("leases"), Range.create(1, 1e18))) {
            redis.zaddincr(keys.get("leases"), (double) micros, lease);
        }
    }

    private long revision(String process) {
        return (Long) run(process, 0, "commit", "d", "", "1", "0", "1", "put", "n", "", "none")
                .get(1);
    }

    private long toDeadline(String process) {
        return toDeadline(process, 0);
    }

    private long toDeadline(String process, long began) {
        return (Long) tick(process, began).get(2);
    }

    private List<Object> tick(String process, long began) {
        return run(process, began, "tick", "", "");
    }

    private List<Object> run(String process, long began, String operation, String... arguments) {
        List<String> all = new ArrayList<>(List.of(operation, process + " " + began));
        all.addAll(List.of(arguments));
        Script script = Script.of(namespace);
        return redis.eval(script.text(), ScriptOutputType.MULTI, script.keys(), all.toArray(String[]::new));
    }

    private long micros() {
        List<String> time = redis.time();
        return 1_000_000 * Long.parseLong(time.get(0)) + Long.parseLong(time.get(1));
    }

    /** By the server's clock. */
    private void awaitMicros(long moment) {
        while (micros() < moment) {
            Thread.onSpinWait();
        }
    }
}
