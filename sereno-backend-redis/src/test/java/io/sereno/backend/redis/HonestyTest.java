package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KillArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.spi.Backend;
import io.sereno.spi.Promise;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A promise that a set-up cannot keep is not made. A warning is logged once, and connecting fails if the promise is
 * required.
 */
class HonestyTest extends RedisTest {
    private static final Logger LOG = Logger.getLogger(Setup.class.getName());

    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord message) {
            warnings.add(new SimpleFormatter().formatMessage(message));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private RedisServer server;
    private RedisCommands<String, String> administrator;

    @BeforeEach
    void startServer() {
        server = closing(RedisServer.start(Persistence.APPEND_ALWAYS, "user app on >s3cret ~* &* +@all"));
        administrator = redis();
        LOG.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        LOG.removeHandler(handler);
    }

    @Override
    RedisServer server() {
        return server;
    }

    @Override
    Opened config() {
        return super.config().as("app", "s3cret");
    }

    @Test
    void aSafeServerCausesNoWarning() {
        assertThat(open().guarantees().promises()).contains(Promise.DURABLE);
        assertThat(warnings).isEmpty();
    }

    /** A client may be connected for months. */
    @Test
    void aClockThatFallsBehindLaterCausesAWarningWithTheNextConnection() {
        Backend backend = open();
        put(backend, "d", "a", "1");
        assertThat(warnings).isEmpty();
        administrator.hincrby(
                Script.of(namespace).keys()[0], "revision", Duration.ofHours(1).toMillis() * 1_000);
        administrator.clientKill(KillArgs.Builder.typeNormal().user("app"));
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (warnings.isEmpty() && System.nanoTime() - end < 0) {
            awaitWorking(backend, Duration.ofSeconds(30));
        }
        assertThat(warnings).singleElement().asString().contains("its clock was set back");
    }

    @Test
    void aClockThatIsBehindCausesOneWarningUntilItHasCaughtUp() {
        ServerClock clock = new ServerClock(
                new Address(Address.Form.SERVER, List.of(), "", false, Optional.empty()), Duration.ofSeconds(-1));
        for (int seconds : List.of(0, 1, 3600, 3500, -2, 70)) {
            clock.check(Duration.ofSeconds(seconds));
        }
        assertThat(warnings).hasSize(2);
        assertThat(warnings.get(0)).contains("3600 s ahead of it");
        assertThat(warnings.get(1)).contains("70 s ahead of it");
    }

    @ParameterizedTest
    @CsvSource({
        "appendonly, no, appendonly is off",
        "appendfsync, everysec, appendfsync is everysec",
        "no-appendfsync-on-rewrite, yes, no-appendfsync-on-rewrite is yes",
        "maxmemory-policy, allkeys-lru, maxmemory-policy is allkeys-lru"
    })
    void anUnsafeSettingIsWarnedOfOnceAndNotPromised(String setting, String value, String concern) {
        administrator.configSet(setting, value);
        Backend backend = open();
        assertThat(backend.guarantees().promises())
                .doesNotContain(Promise.DURABLE)
                .contains(Promise.REVISIONS_SURVIVE_FAIL_OVER);
        // A new connection causes no further warning.
        assertThat(administrator.clientKill(KillArgs.Builder.user("app"))).isPositive();
        awaitWorking(backend, Duration.ofSeconds(10));
        put(backend, "d", "a", "1");
        assertThat(warnings)
                .singleElement()
                .satisfies(warning -> assertThat(warning).contains(concern, server.authority(), "docs/redis.md"));
    }

    @Test
    void aRequiredPromiseThatCannotBeKeptIsRefused() throws Exception {
        try (Sereno sereno = connect("app:s3cret", "durable,revisions-survive-fail-over,many-processes")) {
            assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
        }
        refused("fail-over-safe");
        administrator.configSet("appendfsync", "everysec");
        refused("durable");
    }

    private void refused(String promise) {
        assertThatThrownBy(() -> connect("app:s3cret", promise))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining(promise)
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void aPasswordWithoutUserAndWithEscapedCharactersIsAccepted() throws Exception {
        administrator.configSet("requirepass", "p@s:s/w%rd");
        try (Sereno sereno = connect(":p%40s%3As%2Fw%25rd", "durable")) {
            assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
        }
    }

    private Sereno connect(String login, String required) {
        return Sereno.connect("redis://" + login + "@" + server.authority() + "/" + namespace + "?require=" + required);
    }
}
