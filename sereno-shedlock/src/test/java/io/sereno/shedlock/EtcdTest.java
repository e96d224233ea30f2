package io.sereno.shedlock;

import io.sereno.testservers.EtcdServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
@Tag("etcd")
class EtcdTest extends ShedLockTests {
    @SuppressWarnings("NullAway.Init")
    private static EtcdServer server;

    @BeforeAll
    static void start() {
        server = EtcdServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    String store() {
        return "etcd://" + server.authority();
    }
}
