package io.sereno.backend.postgresql;

import io.sereno.spi.Backend;
import io.sereno.suite.common.ManyDirectories;
import io.sereno.testservers.PostgresServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("servers")
@Timeout(180)
class ManyDirectoriesTest {
    @Test
    void tenThousandDirectoriesAreListedInFiveSeconds() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                RealTime time = new RealTime();
                Backend backend = Opened.at(server.endpoints(), time).open()) {
            ManyDirectories.requireListedSoon(backend);
        }
    }
}
