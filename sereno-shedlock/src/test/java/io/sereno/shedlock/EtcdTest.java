package io.sereno.shedlock;

import io.sereno.testservers.EtcdServer;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
class EtcdTest extends ShedLockTests {
    private static EtcdServer server;

    private final String uri = "etcd://" + server.authority() + "/" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        server = EtcdServer.start();
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
