package io.sereno.backend.postgresql;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.testservers.PostgresServer;
import org.junit.jupiter.api.Tag;

/** The kit over one server, with connections of Sereno's own. */
@Tag("servers")
class PostgresTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        // As with usual settings: all that it acknowledges is on the disk.
        return new PostgresFixture(
                config -> new PostgresBackendProvider().open(config),
                () -> PostgresServer.start("fsync = on", "jit = on"));
    }

    @Override
    protected Grade leastGrade() {
        return Grade.FULL;
    }
}
