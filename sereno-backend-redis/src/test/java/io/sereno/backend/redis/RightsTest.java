package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A user with the least rights, as docs/redis.md lists them. */
class RightsTest extends RedisTest {
    private static final String SECRET = "right-s3cret";

    private RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights()));

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Override
    RedisServer server() {
        return server;
    }

    @Override
    Opened config() {
        return super.config().in("billing").as("app", SECRET);
    }

    @Test
    void theRightsOfTheGuideAreEnoughForEverything() throws Exception {
        Backend backend = open();
        assertThat(backend.guarantees().promises())
                .contains(Promise.DURABLE, Promise.REVISIONS_SURVIVE_FAIL_OVER, Promise.SNAPSHOT_READS);
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        Lease lease = grant(backend, Duration.ofMillis(300));
        put(backend, "d", "bound", lease);
        put(backend, "d", "free", "1");
        notices.await("free", Duration.ofSeconds(10));
        assertThat(join(lease.renew())).isTrue();
        notices.forget();
        notices.await("bound", Duration.ofSeconds(10));
        committed(backend, Commit.to("d").delete("free"));
        assertThat(join(backend.read(new Query.Range("d", "", 1))).entries()).isEmpty();
        join(grant(backend, TTL).revoke());
        server.restart();
        Lease after = null;
        long begun = System.nanoTime();
        while (after == null
                && System.nanoTime() - begun < Duration.ofSeconds(20).toNanos()) {
            after = join(backend.grantLease(TTL).handle((granted, thrown) -> granted));
        }
        assertThat(after).isNotNull();
    }

    @Test
    void anotherNamespaceIsRefusedAndTheMessageSaysWhereTheRightsAre() {
        Backend backend = open(config().in("payroll"));
        BackendException refused = (BackendException)
                failure(backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()));
        assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(refused.permanent()).isTrue();
        assertThat(refused).hasMessageContaining("NOPERM").hasMessageContaining("docs/redis.md");
    }

    @Test
    void withoutInfoTheSamePromiseIsNotMade() {
        server.close();
        server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights().replace(" +info ", " ")));
        Backend backend = open();
        put(backend, "d", "a", "1");
        assertThat(backend.guarantees().promises())
                .doesNotContain(Promise.REVISIONS_SURVIVE_FAIL_OVER, Promise.DURABLE);
    }

    @Test
    void aWrongPasswordIsRefusedForGood() {
        assertThatThrownBy(() -> config().as("app", "wrong").open())
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.permanent()).isTrue());
    }

    private static String user(String rights) {
        return "user app on >" + SECRET + " " + rights;
    }

    /** From the guide itself, so that it stays true. */
    private static String rights() {
        try {
            String guide = Files.readString(Path.of("..", "docs", "redis.md"));
            Matcher listed = Pattern.compile("ACL SETUSER app on >password (resetkeys[^`]+)```")
                    .matcher(guide);
            assertThat(listed.find()).as("the list of rights in docs/redis.md").isTrue();
            return listed.group(1).replaceAll("\\s+", " ").strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
