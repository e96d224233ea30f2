package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendProvider;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a URI may contain, decided before any I/O: no server listens at these addresses. */
class RedisBackendProviderTest {
    private static final InetSocketAddress HOST = InetSocketAddress.createUnresolved("redis.invalid", 6379);

    private final RealTime time = new RealTime();

    @AfterEach
    void stop() {
        time.close();
    }

    @Test
    void serviceLoaderFindsItBySchemeAndItHasADefaultAddress() {
        assertThat(ServiceLoader.load(BackendProvider.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(RedisBackendProvider.class::isInstance))
                .singleElement()
                .satisfies(provider -> {
                    assertThat(provider.schemes()).containsExactlyInAnyOrder("redis", "rediss");
                    assertThat(provider.defaultUri()).contains("redis://127.0.0.1:6379");
                });
    }

    @Test
    void unknownParametersAreRefusedByName() {
        refused(config(HOST).with(Map.of("sentinel", "main", "databse", "1")), "[databse]", "[cluster, sentinel]");
    }

    @Test
    void invalidValuesAreRefusedWithTheAcceptedOnes() {
        refused(config(HOST).with(Map.of("cluster", "yes")), "'yes'", "true and false");
        refused(config(HOST).with(Map.of("sentinel", "")), "sentinel is empty");
        refused(config(HOST).with(Map.of("sentinel", "main", "cluster", "true")), "one of them");
        assertThat(Parameters.of(config(HOST).with(Map.of("cluster", "false"))).cluster())
                .isFalse();
    }

    @Test
    void severalHostsNeedAParameterThatSaysWhatTheyAre() {
        refused(config(HOST, HOST), "2 hosts", "?sentinel=NAME", "?cluster=true");
        refused(config(), "no host");
        assertThat(Parameters.of(config(HOST, HOST).with(Map.of("cluster", "true")))
                        .cluster())
                .isTrue();
    }

    @Test
    void certificatesWithoutEncryptionAreRefused() {
        Opened plain = config(HOST);
        Opened trusting = new Opened(
                "redis",
                plain.endpoints(),
                "",
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Path.of("authorities.pem")),
                Optional.empty(),
                Optional.empty(),
                plain.connectTimeout(),
                plain.operationTimeout(),
                time,
                Runnable::run);
        refused(trusting, "use rediss:");
    }

    @Test
    void noDescriptionShowsThePassword() {
        Opened config = config(HOST).as("app", "s3cret");
        Address address = Parameters.of(config).address(config);
        assertThat(address.toString()).doesNotContain("s3cret");
        assertThat(address.server(HOST, config.connectTimeout()).toString()).doesNotContain("s3cret");
    }

    private Opened config(InetSocketAddress... hosts) {
        return Opened.at(List.of(hosts), "", time, Runnable::run);
    }

    private static void refused(Opened config, String... saying) {
        assertThatThrownBy(config::open)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(saying);
    }
}
