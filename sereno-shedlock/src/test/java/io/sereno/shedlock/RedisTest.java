package io.sereno.shedlock;

import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
class RedisTest extends ShedLockTests {
    private static RedisServer server;

    private final String uri = "redis://" + server.authority() + "/" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        server = RedisServer.start(Persistence.APPEND_ALWAYS);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    String uri() {
        return uri;
    }
}
