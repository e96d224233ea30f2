package io.sereno.shedlock;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import java.util.UUID;
import net.javacrumbs.shedlock.core.ExtensibleLockProvider;
import net.javacrumbs.shedlock.test.support.AbstractExtensibleLockProviderIntegrationTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The tests that ShedLock has for its own providers, over one store. */
abstract class ShedLockTests extends AbstractExtensibleLockProviderIntegrationTest {
    private final String namespace = UUID.randomUUID().toString();

    @SuppressWarnings("NullAway.Init")
    private SerenoLockProvider provider;

    /** A URI without a namespace. */
    abstract String store();

    private SerenoLockProvider connectAgain() {
        return SerenoLockProvider.connect(Sereno.builder().uri(store()).namespace(namespace));
    }

    @BeforeEach
    void connect() {
        provider = connectAgain();
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
        try (SerenoLockProvider other = connectAgain()) {
            other.lock(lockConfig(name)).orElseThrow().unlock();
        }
    }
}
