package io.sereno.backend.etcd.jetcd;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.suite.ApplicationsClient;
import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import org.junit.jupiter.api.Tag;

/** The kit over jetcd clients, one for each client of Sereno. {@code -Psereno.thorough} runs it. */
@Tag("servers")
@Tag("thorough")
class BridgeTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new JetcdFixture(BridgeTckTest::open);
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }

    private static Backend open(BackendConfig config) {
        ClientBuilder builder = Jetcd.to(config.endpoints());
        JetcdBridge bridge = JetcdBridge.install(builder);
        Client client = builder.build();
        try {
            return ApplicationsClient.endingWith(bridge.open(client, config), client::close);
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }
}
