package io.sereno.backend.redis;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/**
 * The kit with all clients on the threads of one {@link ClientResources}, as in an application that has its own Lettuce. {@code -Psereno.thorough}
 * runs it; {@link RedisTckTest} tries every rule in every build.
 */
@Tag("servers")
@Tag("thorough")
class SharedResourcesTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new RedisFixture(
                Map.of(),
                () -> RedisServer.start(Persistence.APPEND_ALWAYS),
                config -> RedisBackends.open(config, Shared.RESOURCES));
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "shared-resources");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }

    /** Those of each JVM. Their threads have names by which the kit knows that no client left them behind. */
    private static final class Shared {
        static final ClientResources RESOURCES = DefaultClientResources.builder()
                .threadFactoryProvider(pool -> new DefaultThreadFactory("tck-" + pool, true))
                .build();
    }
}
