package io.sereno.backend.zookeeper;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import org.junit.jupiter.api.Tag;

/** The kit on a ZooKeeper server. Public, since the kit makes one in a second JVM. */
@Tag("servers")
public class ZooKeeperTckTest extends RecipesSuite {
    public ZooKeeperTckTest() {}

    @Override
    protected BackendFixture fixture() {
        return new ZooKeeperFixture(config -> new ZooKeeperBackendProvider().open(config));
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
