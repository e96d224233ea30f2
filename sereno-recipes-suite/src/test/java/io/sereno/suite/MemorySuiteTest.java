package io.sereno.suite;

import io.sereno.backend.memory.MemoryBackendProvider;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.nio.file.Path;
import java.util.Optional;

/** Kit and suite on the store in memory, in manual time. */
class MemorySuiteTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new MemoryFixture();
    }

    @Override
    protected Grade leastGrade() {
        return Grade.FULL;
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "memory");
    }

    static final class MemoryFixture implements BackendFixture {
        private final ManualTime time = new ManualTime();

        @Override
        public Backend connect(BackendConfig config) {
            return new MemoryBackendProvider().open(config);
        }

        @Override
        public String scheme() {
            return "memory";
        }

        @Override
        public boolean inProcess() {
            return true;
        }

        @Override
        public Optional<ManualTime> clock() {
            return Optional.of(time);
        }
    }
}
