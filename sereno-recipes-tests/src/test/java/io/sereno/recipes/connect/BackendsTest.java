package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.SerenoConfigurationException;
import io.sereno.recipes.connect.Probe.BrokenProvider;
import io.sereno.recipes.connect.Probe.ProbeProvider;
import io.sereno.recipes.connect.Probe.RivalProvider;
import io.sereno.recipes.connect.Probe.UnaddressedProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackendsTest {
    @TempDir
    Path directory;

    private ServicePath empty;

    @BeforeEach
    void anEmptyPath() throws Exception {
        empty = path("empty");
    }

    @Test
    void aBackendIsFoundByItsScheme() throws Exception {
        Backends backends = Backends.find(path("a", ProbeProvider.class, UnaddressedProvider.class), empty);

        assertThat(backends.forScheme("probes")).isInstanceOf(ProbeProvider.class);
        assertThat(backends.forScheme("quiet")).isInstanceOf(UnaddressedProvider.class);
    }

    @Test
    void bothLoadersAreAskedAndABackendThatBothSeeCountsOnce() throws Exception {
        Backends backends = Backends.find(
                path("context", ProbeProvider.class), path("own", ProbeProvider.class, UnaddressedProvider.class));

        assertThat(backends.forScheme("probe")).isInstanceOf(ProbeProvider.class);
        assertThat(backends.forScheme("quiet")).isInstanceOf(UnaddressedProvider.class);
    }

    @Test
    void oneClassInTwoLoadersIsTwoBackends() throws Exception {
        ServicePath apart = path("apart", ProbeProvider.class).definingItself(ProbeProvider.class);
        Backends backends = Backends.find(apart, path("own", ProbeProvider.class));

        assertThatThrownBy(() -> backends.forScheme("probe"))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("several backends for the scheme 'probe'");
    }

    @Test
    void anUnknownSchemeListsWhatWasFoundAndSaysWhatToAdd() throws Exception {
        Backends backends = Backends.find(path("a", ProbeProvider.class), empty);

        assertThatThrownBy(() -> backends.forScheme("consul"))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("no backend for the scheme 'consul'")
                .hasMessageContaining("[probe, probes] " + ProbeProvider.class.getName() + " in file:/")
                .hasMessageContaining("Sereno's own are for [etcd, memory, postgresql, redis, zookeeper]");
        assertThatThrownBy(() -> backends.forScheme("redis"))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageEndingWith("Add io.sereno:sereno-backend-redis");
    }

    @Test
    void withoutAnyBackendTheErrorNamesTheRemedy() {
        assertThatThrownBy(() -> Backends.find(empty, empty).forScheme("etcd"))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessage("no backend for the scheme 'etcd'. Found: none. Add io.sereno:sereno-backend-etcd");
    }

    @Test
    void twoBackendsForOneSchemeAreAnErrorThatNamesBoth() throws Exception {
        Backends backends = Backends.find(path("a", ProbeProvider.class, RivalProvider.class), empty);

        assertThatThrownBy(() -> backends.forScheme("probe"))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("several backends for the scheme 'probe'")
                .hasMessageContaining(ProbeProvider.class.getName() + " in file:/")
                .hasMessageContaining(RivalProvider.class.getName() + " in file:/");
        assertThat(backends.forScheme("probes")).isInstanceOf(ProbeProvider.class);
    }

    @Test
    void theDefaultAddressIsThatOfTheOnlyBackendThatHasOne() throws Exception {
        Backends backends = Backends.find(path("a", ProbeProvider.class, UnaddressedProvider.class), empty);

        assertThat(backends.defaultUri()).isEqualTo("probe://localhost:7000");
    }

    @Test
    void withoutUriNoBackendAndABackendWithoutAddressAreErrors() throws Exception {
        assertThatThrownBy(Backends.find(empty, empty)::defaultUri)
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("no backend with a default address was found: none")
                .hasMessageContaining("Add a backend such as io.sereno:sereno-backend-etcd");
        assertThatThrownBy(Backends.find(path("a", UnaddressedProvider.class), empty)::defaultUri)
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("found: [quiet] " + UnaddressedProvider.class.getName())
                .hasMessageContaining("is never the default");
    }

    @Test
    void withoutUriSeveralBackendsAreAnErrorThatListsThem() throws Exception {
        Backends backends = Backends.find(path("a", ProbeProvider.class, RivalProvider.class), empty);

        assertThatThrownBy(backends::defaultUri)
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("several backends were found")
                .hasMessageContaining(ProbeProvider.class.getName())
                .hasMessageContaining(RivalProvider.class.getName());
    }

    @Test
    void aBackendThatCannotBeLoadedIsNamed() throws Exception {
        ServicePath broken = path("a", BrokenProvider.class);

        assertThatThrownBy(() -> Backends.find(broken, empty))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("a backend cannot be loaded")
                .hasMessageContaining(BrokenProvider.class.getName())
                .hasRootCauseMessage("its client library is missing");
    }

    private ServicePath path(String name, Class<?>... providers) throws Exception {
        return ServicePath.of(Files.createDirectory(directory.resolve(name)), providers);
    }
}
