package io.sereno.backend.redis;

import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests that share one undisturbed server, each in a namespace of its own. */
abstract class OneServerTest extends RedisTest {
    private static RedisServer server;

    @BeforeAll
    static void startServer() {
        server = RedisServer.start(Persistence.APPEND_ALWAYS);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Override
    RedisServer server() {
        return server;
    }
}
