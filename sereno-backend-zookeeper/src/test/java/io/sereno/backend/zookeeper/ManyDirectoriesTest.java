package io.sereno.backend.zookeeper;

import io.sereno.suite.common.ManyDirectories;
import io.sereno.testservers.ZooKeeperServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("servers")
@Timeout(180)
class ManyDirectoriesTest {
    @Test
    void tenThousandDirectoriesAreListedInFiveSeconds() throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start();
                Client client = Client.connect(server.endpoints(), "many directories")) {
            ManyDirectories.requireListedSoon(client.backend());
        }
    }
}
