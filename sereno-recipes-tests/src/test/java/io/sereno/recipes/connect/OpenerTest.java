package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.recipes.connect.Probe.ProbeBackend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@link Sereno.Builder#opener}: a function of the application opens the backend of a URI. */
class OpenerTest extends WithTheProbe {
    private final List<BackendConfig> given = new ArrayList<>();

    @Test
    void itOpensTheBackendInPlaceOfTheProviderAndTheClientClosesIt() {
        ProbeBackend backend = new ProbeBackend(Set.of());
        builder()
                .uri("probe://ada:7001/billing?connect-timeout=7s")
                .opener(config -> {
                    given.add(config);
                    return backend;
                })
                .connect();
        assertThat(Probe.OPENED).isEmpty();
        assertThat(used).containsExactly(backend);
        assertThat(closes).containsExactly(true);
        assertThat(given).hasSize(1);
        assertThat(given.get(0).endpoints().get(0).getHostString()).isEqualTo("ada");
        assertThat(given.get(0).namespace()).isEqualTo("billing");
        assertThat(given.get(0).connectTimeout()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void itIsAskedAgainWhileNoStoreAnswers() {
        ProbeBackend backend = new ProbeBackend(Set.of());
        builder()
                .uri("probe:?connect-retry=1m")
                .opener(config -> {
                    given.add(config);
                    if (given.size() < 2) {
                        throw new BackendException(Outcome.NOT_APPLIED, false, "not yet", null);
                    }
                    return backend;
                })
                .connect();
        assertThat(given).hasSize(2);
        assertThat(used).containsExactly(backend);
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullIsAFaultOfTheConfiguration() {
        assertThatThrownBy(() -> builder().uri("probe:").opener(config -> null).connect())
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("the function of opener(...) returned null; a backend is accepted");
        assertThat(used).isEmpty();
    }

    @Test
    void aBackendThatIsGivenIsOpenAlready() {
        assertThatThrownBy(() -> builder()
                        .backend(new ProbeBackend(Set.of()))
                        .opener(config -> new ProbeBackend(Set.of()))
                        .connect())
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("cannot be combined with opener(...)");
    }
}
