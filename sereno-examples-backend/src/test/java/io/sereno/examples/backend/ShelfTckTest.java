package io.sereno.examples.backend;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.SerenoTck;
import java.util.Optional;

/** The kit on the example; in manual time, since the shelf takes its time from the configuration. */
class ShelfTckTest extends SerenoTck {
    @Override
    protected BackendFixture fixture() {
        return new ShelfFixture();
    }

    private static final class ShelfFixture implements BackendFixture {
        private final ManualTime time = new ManualTime();

        @Override
        public Backend connect(BackendConfig config) {
            return new ShelfProvider().open(config);
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
