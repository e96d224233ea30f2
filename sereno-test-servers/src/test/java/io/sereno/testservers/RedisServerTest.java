package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("redis")
class RedisServerTest extends TestServerTest<RedisServer> {
    @Override
    RedisServer start() {
        return RedisServer.start(Persistence.APPEND_ALWAYS);
    }

    @Override
    List<RedisServer> nodes(RedisServer server) {
        return List.of(server);
    }

    @Override
    String probe() {
        return "PING\r\n";
    }

    @Override
    void write(RedisServer server, String value) throws IOException {
        assertThat(server.send("SET", "key", value)).isEqualTo("OK");
    }

    @Override
    String read(RedisServer server) throws IOException {
        return server.send("GET", "key");
    }

    @ParameterizedTest
    @EnumSource
    void persistenceDecidesWhatOutlivesAKill(Persistence persistence) throws IOException {
        try (RedisServer redis = RedisServer.start(persistence)) {
            write(redis, "acknowledged");
            redis.restart();
            assertThat(read(redis)).isEqualTo(persistence == Persistence.NONE ? "" : "acknowledged");
        }
    }

    @Test
    void aServerWithoutABackupCannotBeRestored() throws IOException {
        try (RedisServer redis = RedisServer.start(Persistence.APPEND_ALWAYS)) {
            write(redis, "kept");
            assertThatThrownBy(redis::restore)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has no backup; backup() makes one");
            assertThat(read(redis)).isEqualTo("kept");
        }
    }

    @Test
    void settingsOfTheCallerOverrideTheDefaults() throws IOException {
        try (RedisServer small = RedisServer.start(Persistence.NONE, "maxmemory 3mb", "maxmemory-policy noeviction")) {
            assertThatThrownBy(() -> write(small, "x".repeat(5_000_000)))
                    .isInstanceOf(RedisConnection.ErrorReply.class)
                    .hasMessageContaining("OOM");
        }
    }

    @Test
    void aStartThatFailsShowsTheEndOfTheLog() {
        assertThatThrownBy(() -> RedisServer.start(Persistence.NONE, "no-such-setting 1"))
                .isInstanceOf(TestServerException.class)
                .hasMessageContaining("redis (pid ")
                .hasMessageContaining("no-such-setting");
    }
}
