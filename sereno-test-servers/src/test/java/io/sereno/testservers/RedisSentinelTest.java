package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisSentinelTest extends TestServerTest<RedisSentinel> {
    @Override
    RedisSentinel start() {
        return RedisSentinel.start(Persistence.APPEND_ALWAYS);
    }

    @Override
    List<RedisServer> nodes(RedisSentinel sentinel) {
        return sentinel.members();
    }

    @Override
    String probe() {
        return "PING\r\n";
    }

    @Override
    void write(RedisSentinel sentinel, String value) throws IOException {
        assertThat(sentinel.primary().send("SET", "key", value)).isEqualTo("OK");
    }

    @Override
    String read(RedisSentinel sentinel) throws IOException {
        return sentinel.primary().send("GET", "key");
    }

    @Test
    void whatAPrimaryAcknowledgedBehindACutIsLostInTheFailover() throws IOException {
        RedisServer primary = server.primary();
        RedisServer replica = server.replica();
        write(server, "replicated");
        assertThat(primary.send("WAIT", "1", "5000")).isEqualTo("1");

        server.cutReplica();
        write(server, "never leaves the primary");
        assertThat(replica.send("GET", "key")).isEqualTo("replicated");
        primary.kill();
        server.promote(replica);

        assertThat(server.primary()).isSameAs(replica);
        assertThat(server.replica()).isSameAs(primary);
        assertThat(read(server)).isEqualTo("replicated");
        write(server, "the new primary takes writes");
        replica.restart();
        assertThat(read(server)).isEqualTo("the new primary takes writes");
        write(server, "and is one still after a restart");

        primary.restart(); // comes back as a replica of the one that took its place
        server.healReplica();
        assertThat(server.primary().send("WAIT", "1", "5000")).isEqualTo("1");
        assertThat(primary.send("GET", "key")).isEqualTo("and is one still after a restart");
    }

    @Test
    void whatWasCutHeals() throws IOException {
        server.cutReplica();
        write(server, "arrives later");
        assertThat(server.primary().send("WAIT", "1", "10")).isEqualTo("0");

        server.healReplica();
        assertThat(server.primary().send("WAIT", "1", "5000")).isEqualTo("1");
        assertThat(server.replica().send("GET", "key")).isEqualTo("arrives later");
    }

    @Test
    void aLivingPrimaryHandsOver() throws IOException {
        try (RedisSentinel other = start()) {
            RedisServer replica = other.replica();
            write(other, "replicated");
            assertThat(other.primary().send("WAIT", "1", "5000")).isEqualTo("1");

            other.promote(replica);
            assertThat(other.primary()).isSameAs(replica);
            assertThat(read(other)).isEqualTo("replicated");
            other.promote(replica); // is what it is already
            assertThat(other.primary()).isSameAs(replica);
        }
    }

    @Test
    void theSentinelReplacesADeadPrimaryByItself() throws IOException {
        try (RedisSentinel other = start()) {
            RedisServer replica = other.replica();
            other.primary().kill();
            replica.await("become the primary", () -> other.primary() == replica);
            write(other, "taken");
        }
    }

    @Test
    void onlyOneOfTheTwoCanBePromoted() {
        assertThatThrownBy(() -> server.promote(server.sentinel()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is neither primary nor replica");
    }
}
