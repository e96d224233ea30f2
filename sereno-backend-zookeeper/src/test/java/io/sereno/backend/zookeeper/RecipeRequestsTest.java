package io.sereno.backend.zookeeper;

import io.sereno.Sereno;
import io.sereno.suite.common.RequestCosts;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** The requests of the recipes' operations, as the server counts them; it counts the pings of idle sessions too. */
@Tag("servers")
@Timeout(180)
class RecipeRequestsTest extends RequestCosts {
    private static ZooKeeperServer server;

    @BeforeAll
    static void start() {
        server = ZooKeeperServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    protected Sereno connect() {
        return Sereno.connect("zookeeper://" + server.authority() + "/requests?session-ttl=40s");
    }

    @Override
    protected long counted() throws IOException {
        return RequestsTest.received(server);
    }

    @Override
    protected Path guide() {
        return Path.of("../docs/zookeeper.md");
    }
}
