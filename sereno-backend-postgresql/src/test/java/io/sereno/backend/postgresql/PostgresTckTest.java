package io.sereno.backend.postgresql;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import org.junit.jupiter.api.Tag;

/** The kit over one server, with connections of Sereno's own. */
@Tag("servers")
class PostgresTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new PostgresFixture();
    }

    @Override
    protected Grade leastGrade() {
        return Grade.FULL;
    }
}
