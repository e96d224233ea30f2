package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Another program writes to the keys of a namespace, which is forbidden: the damaged record is logged, and all other
 * records work.
 */
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
    void watchesContinueAfterAForeignMessage() throws InterruptedException {
        String channel = Script.of(namespace).channel(DIRECTORY);
        for (String message : List.of("", "garbage", " ", "x name", "99999999999999999999 name")) {
            notices.forget();
            redis.spublish(channel, message);
            notices.awaitReset(SOON);
            notices.forget();
            hearsChanges();
        }
        for (String message : List.of("", "garbage", "-1", "9223372036854775807", "99999999999999999999")) {
            redis.spublish(Script.of(namespace).reapers(), message);
            notices.forget();
            hearsChanges();
        }
    }

    @Test
    void aRecordThatSerenoDidNotWriteDisablesNoDirectoryAndCanBeDeleted() {
        String[] keys = Script.of(namespace).keys();
        put(backend, "d", "a", "1");
        for (String record :
                List.of("", "garbage", "1 2", "1 x - value", "1 1 lease value", "99999999999999999999 1 - v")) {
            redis.hset(keys[1], "d\0foreign", record);
            redis.zadd(keys[2], 0, "d\0foreign");
            assertThat(names(backend, "d")).containsExactly("a", "own");
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
        assertThat(names(backend, "d")).containsExactly("a", "foreign", "own");
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

    /**
     * As after FLUSHALL, if the clock was behind the stored revisions: new writes have smaller revisions, and no client
     * has read them.
     */
    @Test
    void watchesAreResetByAnEmptyStoreWithSmallerRevisions() throws InterruptedException {
        long read = put(backend, "d", "a", "1");
        notices.awaitBehind(read - 1, "a", SOON);
        long ahead = read + Duration.ofDays(1).toNanos() / 1_000;
        redis.hset(Script.of(namespace).keys()[0], "revision", String.valueOf(ahead));
        notices.awaitBehind(put(backend, "d", "a", "2") - 1, "a", SOON);
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
        long revision = put(backend, "d", "own", "1");
        notices.awaitBehind(revision - 1, "own", SOON);
    }
}
