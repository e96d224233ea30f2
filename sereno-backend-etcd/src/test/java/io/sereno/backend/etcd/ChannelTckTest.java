package io.sereno.backend.etcd;

import io.grpc.ManagedChannel;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.suite.ApplicationsClient;
import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The kit over channels of an application, one for each client. {@code -Psereno.thorough} runs it; {@link EtcdTckTest} tries every rule in every
 * build.
 */
@Tag("servers")
@Tag("thorough")
class ChannelTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new EtcdFixture(ChannelTckTest::open);
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "channel");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }

    private static Backend open(BackendConfig config) {
        ManagedChannel channel = OpenedChannel.to(config.endpoints().get(0)).build();
        try {
            return ApplicationsClient.endingWith(EtcdBackends.over(channel, config), channel::shutdownNow);
        } catch (RuntimeException | Error e) {
            channel.shutdownNow();
            throw e;
        }
    }
}
