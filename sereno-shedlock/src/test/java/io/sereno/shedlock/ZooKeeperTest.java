package io.sereno.shedlock;

import io.sereno.testservers.ZooKeeperServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
@Tag("zookeeper")
class ZooKeeperTest extends ShedLockTests {
    @SuppressWarnings("NullAway.Init")
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
    String store() {
        return "zookeeper://" + server.authority();
    }
}
