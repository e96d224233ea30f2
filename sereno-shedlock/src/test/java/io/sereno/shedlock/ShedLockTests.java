package io.sereno.shedlock;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import net.javacrumbs.shedlock.core.ExtensibleLockProvider;
import net.javacrumbs.shedlock.test.support.AbstractExtensibleLockProviderIntegrationTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The tests that ShedLock has for its own providers, over one store. */
abstract class ShedLockTests extends AbstractExtensibleLockProviderIntegrationTest {
    private SerenoLockProvider provider;

    /** A store that no other test uses. */
    abstract String uri();

    @BeforeEach
    void connect() {
        provider = SerenoLockProvider.connect(Sereno.builder().uri(uri()));
    }

    @AfterEach
    void close() {
        provider.close();
    }

    @Override
    protected ExtensibleLockProvider getLockProvider() {
        return provider;
    }

    @Override
    protected void assertLocked(String name) {
        assertThat(provider.sereno()
                        .withNamespace("shedlock")
                        .mutex(name)
                        .inspect()
                        .holders())
                .hasSize(1);
    }

    @Override
    protected void assertUnlocked(String name) {
        try (SerenoLockProvider other =
                SerenoLockProvider.connect(Sereno.builder().uri(uri()))) {
            other.lock(lockConfig(name)).orElseThrow().unlock();
        }
    }
}
