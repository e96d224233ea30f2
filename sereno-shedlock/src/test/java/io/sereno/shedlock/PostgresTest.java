package io.sereno.shedlock;

import io.sereno.testservers.PostgresServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("servers")
@Tag("postgresql")
class PostgresTest extends ShedLockTests {
    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    String store() {
        return "postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/" + PostgresServer.DATABASE;
    }
}
