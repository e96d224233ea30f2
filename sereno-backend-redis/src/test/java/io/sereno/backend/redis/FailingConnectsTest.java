package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.testservers.FailingConnects;
import io.sereno.testservers.Identity;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisSentinel;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class FailingConnectsTest extends FailingConnects {
    private static final String ADMINISTRATOR = "of-the-default-user";

    private int securePort;

    FailingConnectsTest() {
        super("redis", "io.lettuce.core.protocol.RedisHandshakeHandler");
    }

    @Override
    protected TestServer start() {
        return RedisServer.start(Persistence.NONE);
    }

    @Override
    protected TestServer startEncrypted(Identity identity) {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            securePort = free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return RedisServer.start(
                Persistence.NONE,
                "tls-port " + securePort,
                "tls-cert-file " + identity.certificate(),
                "tls-key-file " + identity.key(),
                "tls-auth-clients no",
                "tls-ca-cert-file " + identity.certificate());
    }

    @Override
    protected InetSocketAddress secureEndpoint(TestServer encrypted) {
        return InetSocketAddress.createUnresolved("localhost", securePort);
    }

    @Override
    protected TestServer startWithUser() {
        RedisServer server = RedisServer.start(Persistence.NONE, "user " + USER + " on >" + PASSWORD + " ~* &* +@all");
        administer(server, redis -> redis.configSet("requirepass", ADMINISTRATOR));
        return server;
    }

    @Test
    void aChangedPasswordIsUsedAtTheNextLogin() {
        assertThatAChangedPasswordIsAskedFor(FailingConnectsTest::changePassword);
    }

    private static void changePassword(TestServer withUser, String password) {
        RedisURI uri = RedisURI.create("redis://:" + ADMINISTRATOR + "@" + withUser.authority());
        administer(uri, redis -> {
            redis.aclSetuser(USER, AclSetuserArgs.Builder.resetpass().addPassword(password));
            redis.clientKill(KillArgs.Builder.typeNormal().user(USER));
        });
    }

    @Override
    protected void withoutQuorum(Consumer<String> test) {
        try (RedisSentinel servers = RedisSentinel.start(Persistence.NONE)) {
            RedisServer sentinel = servers.sentinel();
            servers.primary().kill();
            servers.replica().kill();
            test.accept(sentinel.authority() + "/ns?sentinel=" + RedisSentinel.PRIMARY_NAME);
        }
    }

    /** It may be promoted, or the primary may come back. */
    @Test
    void aReplicaIsRefusedUntilItBecomesThePrimary() {
        try (RedisSentinel servers = RedisSentinel.start(Persistence.NONE)) {
            assertThatThrownBy(
                            () -> Sereno.connect("redis://" + servers.replica().authority() + "/ns")
                                    .close())
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("it is a replica");
        }
    }

    @Override
    protected int layout() {
        return 2;
    }

    @Override
    protected void writeNewerLayout(TestServer server) {
        administer(server, redis -> redis.hset(Script.of("newer").keys()[0], "layout", "3"));
    }

    private static void administer(TestServer server, Consumer<RedisCommands<String, String>> action) {
        administer(RedisURI.create("redis://" + server.authority()), action);
    }

    private static void administer(RedisURI uri, Consumer<RedisCommands<String, String>> action) {
        RedisClient client = RedisClient.create(uri);
        try (var connection = client.connect()) {
            action.accept(connection.sync());
        } finally {
            client.shutdown();
        }
    }
}
