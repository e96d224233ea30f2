package io.sereno.backend.redis;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/** The kit over one server that has its acknowledged writes on disk. */
@Tag("servers")
class RedisTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new RedisFixture(Map.of(), () -> RedisServer.start(Persistence.APPEND_ALWAYS));
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
