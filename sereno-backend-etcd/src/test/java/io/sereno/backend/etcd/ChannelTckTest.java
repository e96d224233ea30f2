package io.sereno.backend.etcd;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The kit over channels of an application. {@code -Psereno.thorough} runs it; {@link EtcdTckTest} tries every rule in every build.
 */
@Tag("servers")
@Tag("thorough")
class ChannelTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new EtcdFixture(OpenedChannel::backend);
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "channel");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
