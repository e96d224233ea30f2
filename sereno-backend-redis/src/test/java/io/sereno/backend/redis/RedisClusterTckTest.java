package io.sereno.backend.redis;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisCluster;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/**
 * The kit over a Cluster of three masters. Nothing listens on the ports that they announce, as behind an address translation. So the client reaches
 * them by the addresses of the URI only, which are those of the kit's proxy. {@code -Psereno.thorough} runs it; {@link RedisTckTest} tries every
 * rule in every build.
 */
@Tag("servers")
@Tag("thorough")
class RedisClusterTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new RedisFixture(
                Map.of("cluster", "true"),
                () -> RedisCluster.start(3, Persistence.APPEND_ALWAYS, "cluster-announce-port 1"));
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "cluster");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
