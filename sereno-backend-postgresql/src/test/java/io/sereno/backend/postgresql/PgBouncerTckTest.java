package io.sereno.backend.postgresql;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.testservers.PgBouncer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The kit through a PgBouncer that pools by transactions. {@code -Psereno.thorough} runs it; {@link PostgresTckTest} tries every rule in every
 * build.
 */
@Tag("servers")
@Tag("thorough")
class PgBouncerTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new PostgresFixture(
                config -> new PostgresBackendProvider().open(config), () -> PgBouncer.start("server_login_retry = 1"));
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "pgbouncer");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.FULL;
    }
}
