package io.sereno.shedlock;

import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
@Tag("redis")
class RedisTest extends ShedLockTests {
    @SuppressWarnings("NullAway.Init")
    private static RedisServer server;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Persistence.APPEND_ALWAYS);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    String store() {
        return "redis://" + server.authority();
    }
}
