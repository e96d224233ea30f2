package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.testservers.ZooKeeperEnsemble;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** If a server is silent while the others of the ensemble are in reach, no session with enough time is lost. */
@Tag("servers")
@Timeout(180)
@TestInstance(Lifecycle.PER_CLASS)
class SilentServerTest {
    private static final int CLIENTS = 8;

    private ZooKeeperEnsemble ensemble;

    @BeforeAll
    void start() {
        ensemble = SilentServers.ensemble();
    }

    @AfterAll
    void stop() {
        ensemble.close();
    }

    @Test
    void aSilentFollowerCostsNoSession() throws InterruptedException {
        assertThat(SilentServers.lost(ensemble, false, CLIENTS, "5s")).isZero();
    }

    @Test
    void aSilentLeaderCostsNoSessionThatIsLongerThanTheElection() throws InterruptedException {
        assertThat(SilentServers.lost(ensemble, true, CLIENTS, "7s")).isZero();
    }
}
