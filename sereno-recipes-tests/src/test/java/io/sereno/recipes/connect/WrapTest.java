package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.recipes.connect.Probe.ProbeBackend;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** {@link Sereno.Builder#wrap}: wrappers between the backend of a URI and the client. */
class WrapTest extends WithTheProbe {
    @Test
    void theClientUsesWhatTheLastWrapperReturnsAndClosesIt() {
        ProbeBackend first = new ProbeBackend(Set.of());
        ProbeBackend second = new ProbeBackend(Set.of(Promise.DURABLE));
        List<Object> given = new ArrayList<>();
        builder()
                .uri("probe:?require=durable")
                .wrap(opened -> {
                    given.add(opened);
                    return first;
                })
                .wrap(wrapped -> {
                    given.add(wrapped);
                    return second;
                })
                .connect();
        assertThat(given.get(0)).isInstanceOf(ProbeBackend.class).isNotSameAs(first);
        assertThat(given.get(1)).isSameAs(first);
        assertThat(used).containsExactly(second);
        assertThat(closes).containsExactly(true);
    }

    @Test
    void aWrapperThatReturnsNullOrThrowsIsAFaultOfTheConfigurationAndTheBackendIsClosed() {
        ProbeBackend backend = new ProbeBackend(Set.of());
        Probe.opening = config -> backend;
        assertThatThrownBy(() -> builder().uri("probe:").wrap(opened -> null).connect())
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("the wrapper returned null");
        assertThat(backend.closed).isEqualTo(1);
        assertThatThrownBy(() -> builder()
                        .uri("probe:")
                        .wrap(opened -> {
                            throw new IllegalStateException("no staging here");
                        })
                        .connect())
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("no staging here")
                .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(backend.closed).isEqualTo(2);
        assertThat(used).isEmpty();
    }

    @Test
    void backendsOfTheEarlierWrappersAreClosedWhenOneFails() {
        for (UnaryOperator<Backend> failing : List.<UnaryOperator<Backend>>of(wrapped -> null, wrapped -> {
            throw new IllegalStateException("no staging here");
        })) {
            ProbeBackend backend = new ProbeBackend(Set.of());
            ProbeBackend first = new ProbeBackend(Set.of());
            ProbeBackend second = new ProbeBackend(Set.of());
            Probe.opening = config -> backend;
            assertThatThrownBy(() -> builder()
                            .uri("probe:")
                            .wrap(opened -> first)
                            .wrap(wrapped -> wrapped)
                            .wrap(wrapped -> second)
                            .wrap(failing)
                            .connect())
                    .isInstanceOf(SerenoConfigurationException.class);
            assertThat(List.of(second.closed, first.closed, backend.closed)).containsExactly(1, 1, 1);
        }
        assertThat(used).isEmpty();
    }

    @Test
    void aPromiseThatAWrapperDropsIsMissing() {
        ProbeBackend backend = new ProbeBackend(Set.of(Promise.DURABLE));
        ProbeBackend wrapper = new ProbeBackend(Set.of());
        Probe.opening = config -> backend;
        assertThatThrownBy(() -> builder()
                        .uri("probe:?require=durable")
                        .wrap(opened -> wrapper)
                        .connect())
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("does not promise durable");
        assertThat(wrapper.closed).isEqualTo(1);
        assertThat(backend.closed).isEqualTo(1);
    }

    @Test
    void aBackendThatIsGivenIsNotWrapped() {
        assertThatThrownBy(() -> builder()
                        .backend(new ProbeBackend(Set.of()))
                        .wrap(opened -> opened)
                        .connect())
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("cannot be combined with wrap(...)");
    }

    @Test
    void faultsOfAWrapperReachTheClientAndClosingGoesThrough() throws Exception {
        Thread.currentThread().setContextClassLoader(contextLoader);
        List<Backend> opened = new ArrayList<>();
        List<FaultyBackend> wires = new ArrayList<>();
        Sereno sereno = Sereno.builder()
                .uri("memory:?operation-timeout=100ms")
                .wrap(backend -> {
                    opened.add(backend);
                    wires.add(new FaultyBackend(backend, new SystemTime(), Runnable::run));
                    return wires.get(0);
                })
                .connect();
        assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
        assertThat(sereno.guarantees()).isEqualTo(opened.get(0).guarantees());
        wires.get(0).cutOff(Duration.ofMillis(1));
        assertThatThrownBy(() -> sereno.counter("c").get()).isInstanceOf(NotAppliedException.class);
        wires.get(0).heal();
        sereno.close();
        assertThat(opened.get(0).grantLease(Duration.ofSeconds(10)).toCompletableFuture())
                .isCompletedExceptionally();
    }
}
