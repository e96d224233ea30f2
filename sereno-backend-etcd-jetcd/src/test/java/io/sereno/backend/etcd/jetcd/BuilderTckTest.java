package io.sereno.backend.etcd.jetcd;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The kit over connections from the settings of a builder. {@code -Psereno.thorough} runs it. */
@Tag("servers")
@Tag("thorough")
class BuilderTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new JetcdFixture(config -> JetcdBackends.open(Jetcd.to(config.endpoints()), config));
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "builder");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
