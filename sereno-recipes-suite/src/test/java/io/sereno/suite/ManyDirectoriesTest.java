package io.sereno.suite;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.suite.common.ManyDirectories;
import org.junit.jupiter.api.Test;

class ManyDirectoriesTest {
    @Test
    void tenThousandDirectoriesAreListedInFiveSeconds() throws Exception {
        try (Backend backend = new MemoryStore(new ManualTime()).connect(Runnable::run)) {
            ManyDirectories.requireListedSoon(backend);
        }
    }
}
