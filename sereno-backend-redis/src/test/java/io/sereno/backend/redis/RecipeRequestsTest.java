package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.Sereno;
import io.sereno.suite.common.RequestCosts;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** The requests of the recipes' operations, calls of the script and subscriptions, as the server counts them. */
@Tag("servers")
@Timeout(180)
class RecipeRequestsTest extends RequestCosts {
    private static RedisServer server;
    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Persistence.APPEND_ALWAYS);
        client = RedisClient.create("redis://" + server.authority());
        redis = client.connect().sync();
    }

    @AfterAll
    static void stop() {
        client.shutdown(0, 2, TimeUnit.SECONDS);
        server.close();
    }

    @Override
    protected Sereno connect() {
        return Sereno.connect("redis://" + server.authority() + "/requests?session-ttl=40s");
    }

    @Override
    protected long counted() {
        return RequestsTest.count(redis);
    }

    @Override
    protected Path guide() {
        return Path.of("../docs/redis.md");
    }
}
