package io.sereno.backend.etcd;

import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import org.junit.jupiter.api.Tag;

/** The compatibility kit on a separate etcd server, which it pauses, kills and compacts. */
@Tag("servers")
class EtcdTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new EtcdFixture(config -> new EtcdBackendProvider().open(config));
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }
}
