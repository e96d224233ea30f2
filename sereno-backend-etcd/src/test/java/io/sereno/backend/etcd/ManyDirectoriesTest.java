package io.sereno.backend.etcd;

import io.sereno.spi.Backend;
import io.sereno.suite.common.ManyDirectories;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("servers")
@Timeout(180)
class ManyDirectoriesTest {
    @Test
    void tenThousandDirectoriesAreListedInFiveSeconds() throws Exception {
        try (Backend backend = Config.of(SharedEtcd.SERVER.endpoint()).open()) {
            ManyDirectories.requireListedSoon(backend);
        }
    }
}
