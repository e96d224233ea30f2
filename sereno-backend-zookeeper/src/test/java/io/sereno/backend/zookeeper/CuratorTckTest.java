package io.sereno.backend.zookeeper;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The kit on backends that are opened from a {@code CuratorFramework}. {@code -Psereno.thorough} runs it; {@link ZooKeeperTckTest} tries every rule
 * in every build. Public, since the kit makes one in a second JVM.
 */
@Tag("servers")
@Tag("thorough")
public class CuratorTckTest extends RecipesSuite {
    public CuratorTckTest() {}

    @Override
    protected BackendFixture fixture() {
        return new ZooKeeperFixture(Curators::open);
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "curator");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
