package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KillArgs;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Another program writes to the keys of a namespace, which is forbidden: the spoilt record is named, and all other records work. */
class ForeignRecordsTest extends OneServerTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Target DIRECTORY = new Target("d", Optional.empty());

    private RedisCommands<String, String> redis;
    private Backend backend;
    private Notices notices;

    @BeforeEach
    void watch() throws InterruptedException {
        redis = redis();
        backend = open();
        notices = new Notices();
        watch(backend, DIRECTORY, notices);
        hearsChanges();
    }

    @Test
    void watchesContinueAfterAForeignEntryOfTheLog() throws InterruptedException {
        String log = Script.of(namespace).logKey();
        for (Map<String, String> fields : List.of(
                Map.of("foo", "bar"),
                Map.of("p", "no number", "d", "d", "n", "a"),
                Map.of("p", "1", "g", "no number"),
                Map.of("p", "1", "g", "9223372036854775807"),
                Map.of("p", "1"))) {
            notices.forget();
            redis.xadd(log, fields);
            notices.awaitReset(SOON);
            hearsChanges();
        }
        notices.forget();
        long revision = put(backend, "d", "last", "1");
        redis.xadd(log, XAddArgs.Builder.nomkstream().id((revision + 1) + "-0"), Map.of("foo", "bar"));
        notices.awaitReset(SOON);
    }

    /** As after DEL and SET by hand. Each attempt to read it fails, until it is a log again. */
    @Test
    void watchesGoOnWhenALogThatWasNoneIsOneAgain() throws InterruptedException {
        String log = Script.of(namespace).logKey();
        redis.del(log);
        redis.set(log, "no log");
        redis.clientKill(KillArgs.Builder.typeNormal().skipme());
        redis.del(log);
        awaitWorking(backend, SOON);
        hearsChanges();
    }

    @Test
    void aRecordThatSerenoDidNotWriteDisablesNoDirectoryAndCanBeDeleted() {
        String[] keys = Script.of(namespace).keys();
        put(backend, "d", "a", "1");
        for (String record :
                List.of("", "garbage", "1 2", "1 x - value", "1 1 lease value", "99999999999999999999 1 - v")) {
            redis.hset(keys[1], "d\0foreign", record);
            redis.zadd(keys[2], 0, "d\0foreign");
            assertThat(names(backend, "d")).containsExactly("a", "heard");
            refused(backend.read(new Query.One("d", "foreign")));
        }
        redis.hset(keys[1], "d\0foreign", "x".repeat(100_000));
        for (Commit.Builder commit : List.of(
                Commit.to("d").put("foreign", Bytes.EMPTY),
                Commit.to("d").ifAbsent("foreign").put("b", Bytes.EMPTY))) {
            refused(backend.commit(commit.build()));
        }
        committed(backend, Commit.to("d").delete("foreign"));
        put(backend, "d", "foreign", "1");
        assertThat(names(backend, "d")).containsExactly("a", "foreign", "heard");
    }

    @Test
    void foreignContentIsLoggedShortAndOnOneLine() {
        assertThat(ForeignRecords.excerpt("name")).isEqualTo("name");
        assertThat(ForeignRecords.excerpt("a\nb" + "x".repeat(1_000))).isEqualTo("a\\nb" + "x".repeat(97) + "...");
    }

    @Test
    void aLayoutThatIsNoNumberIsNotRepeated() {
        redis.hset(Script.of(namespace).keys()[0], "layout", "1\nforged");
        assertThatThrownBy(this::open)
                .hasMessageContaining("no layout of Sereno; another program wrote it")
                .hasMessageNotContaining("forged");
    }

    /** As after FLUSHALL, if the clock is behind the stored revisions. New writes have smaller revisions, and no client has read them. */
    @Test
    void watchesAreResetByAnEmptyStoreWithSmallerRevisions() throws InterruptedException {
        long read = put(backend, "d", "a", "1");
        notices.awaitBehind(read - 1, "a", SOON);
        long ahead = read + Duration.ofDays(1).toNanos() / 1_000;
        redis.xadd(
                Script.of(namespace).logKey(),
                XAddArgs.Builder.nomkstream().id(ahead + "-0"),
                Map.of("p", String.valueOf(read), "d", "d", "n", "a"));
        redis.hset(Script.of(namespace).keys()[0], "rev", String.valueOf(ahead));
        notices.awaitBehind(ahead - 1, "a", SOON);
        // Its end is the next time that the log asks for the latest revision.
        grant(backend, Duration.ofSeconds(2));
        notices.forget();
        redis.flushall();
        notices.awaitReset(SOON);
        hearsChanges();
    }

    private static void refused(CompletionStage<?> call) {
        BackendException refused = (BackendException) failure(call);
        assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(refused.permanent()).isTrue();
        assertThat(refused.getMessage()).contains("'foreign'", "'d'").hasSizeLessThan(500);
    }

    private void hearsChanges() throws InterruptedException {
        long revision = put(backend, "d", "heard", "1");
        notices.awaitBehind(revision - 1, "heard", SOON);
    }
}
