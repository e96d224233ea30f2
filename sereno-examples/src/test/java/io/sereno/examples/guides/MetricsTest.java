package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.sereno.Sereno;
import io.sereno.SerenoMeter;
import io.sereno.micrometer.SerenoMetrics;
import io.sereno.micrometer.SerenoObservations;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The code of docs/guides/metrics.md. */
class MetricsTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();

    Sereno metered(String uri, MeterRegistry registry) {
        return Sereno.builder()
                .uri(uri) // such as etcd://etcd:2379/billing
                .meter(SerenoMetrics.of(registry))
                .connect();
    }

    Sereno observed(Sereno sereno, ObservationRegistry observations) {
        return SerenoObservations.observe(sereno, observations);
    }

    @Test
    void aClientHasMeters() throws Exception {
        try (Sereno sereno = metered("memory:", registry)) {
            sereno.mutex("close-month").acquire();
            assertThat(registry.get("sereno.grants.held")
                            .tag("name", "close-month")
                            .gauge()
                            .value())
                    .isEqualTo(1);
        }
    }

    @Test
    void aClientHasTagsOfItsOwn() {
        SerenoMeter ofBilling =
                SerenoMetrics.builder(registry).tags("client", "billing").build();
        Sereno.builder().uri("memory:").meter(ofBilling).connect().close();
        assertThat(registry.get("sereno.session.remaining")
                        .tag("client", "billing")
                        .gauge()
                        .value())
                .isZero();
    }

    @Test
    void namesAreMapped() throws Exception {
        SerenoMeter byKind = SerenoMetrics.builder(registry)
                .name(name -> name.replaceAll("[0-9]+", "#"))
                .maxNames(20)
                .build();
        try (Sereno sereno = Sereno.builder().uri("memory:").meter(byKind).connect()) {
            sereno.mutex("order-17").acquire().release();
        }
        assertThat(registry.find("sereno.grants.held").tag("name", "order-#").gauge())
                .isNotNull();
    }

    @Test
    void locksAreObserved() throws Exception {
        List<String> begun = new ArrayList<>();
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStart(Observation.Context context) {
                begun.add(context.getName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        try (Sereno sereno = observed(Sereno.connect("memory:"), observations)) {
            sereno.mutex("close-month").call(grant -> grant.fencingToken());
        }
        assertThat(begun).containsExactly("sereno.acquire", "sereno.hold");
    }
}
