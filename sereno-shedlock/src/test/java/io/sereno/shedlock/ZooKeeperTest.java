package io.sereno.shedlock;

import io.sereno.testservers.ZooKeeperServer;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
class ZooKeeperTest extends ShedLockTests {
    private static ZooKeeperServer server;

    private final String uri = "zookeeper://" + server.authority() + "/" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        server = ZooKeeperServer.start();
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
