package io.sereno.testservers;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
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

    /** Looks at the copy itself: WAIT speaks only of what its own connection wrote, and each command here has its own. */
    private static void awaitOn(RedisServer copy, String value) {
        copy.await("hold \"" + value + "\"", () -> copy.send("GET", "key").equals(value));
    }

    @Test
    void writesThatAPrimaryAcknowledgedBehindACutAreLostInTheFailover() throws IOException {
        RedisServer primary = server.primary();
        RedisServer replica = server.replica();
        write(server, "replicated");
        awaitOn(replica, "replicated");

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
        awaitOn(primary, "and is one still after a restart");
    }

    @Test
    void aCutLinkHeals() throws IOException {
        server.cutReplica();
        write(server, "arrives later");
        assertThat(server.replica().send("GET", "key")).isNotEqualTo("arrives later");

        server.healReplica();
        awaitOn(server.replica(), "arrives later");
    }

    @Test
    void aLivingPrimaryHandsOver() throws IOException {
        try (RedisSentinel other = start()) {
            RedisServer replica = other.replica();
            write(other, "replicated");
            awaitOn(replica, "replicated");

            other.promote(replica);
            assertThat(other.primary()).isSameAs(replica);
            assertThat(read(other)).isEqualTo("replicated");
            other.promote(replica); // is what it is already
            assertThat(other.primary()).isSameAs(replica);
        }
    }

    /** After two seconds without the processor a Sentinel mistrusts its clock, and idles for half a minute. */
    @Test
    void aSentinelThatWasPausedForLongPromotesAllTheSame() throws IOException {
        try (RedisSentinel other = start()) {
            RedisServer sentinel = other.sentinel();
            RedisServer replica = other.replica();
            try (Socket client = connect(sentinel.endpoint())) {
                sentinel.pause();
                client.getOutputStream().write(probe().getBytes(US_ASCII));
                client.setSoTimeout(2_500);
                assertThatThrownBy(client.getInputStream()::read).isInstanceOf(SocketTimeoutException.class);
                sentinel.resume();
            }
            sentinel.await(
                    "have missed time", () -> sentinel.send("INFO", "sentinel").contains("sentinel_tilt:1"));

            other.promote(replica);
            assertThat(other.primary()).isSameAs(replica);
            write(other, "taken");
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
