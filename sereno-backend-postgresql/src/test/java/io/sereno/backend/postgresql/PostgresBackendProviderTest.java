package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendProvider;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a URI may contain, decided before any I/O: no server listens at these addresses. */
class PostgresBackendProviderTest {
    private static final InetSocketAddress HOST = InetSocketAddress.createUnresolved("db.invalid", 5432);

    private final RealTime time = new RealTime();

    @AfterEach
    void stop() {
        time.close();
    }

    @Test
    void serviceLoaderFindsItBySchemeAndThePathIsTheDatabase() {
        assertThat(ServiceLoader.load(BackendProvider.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(PostgresBackendProvider.class::isInstance))
                .singleElement()
                .satisfies(provider -> {
                    assertThat(provider.schemes()).containsExactly("postgresql");
                    assertThat(provider.defaultUri()).contains("postgresql://127.0.0.1:5432");
                    assertThat(provider.pathParameter()).contains("dbname");
                });
    }

    @Test
    void unknownParametersAreRefusedByName() {
        refused(config(Map.of("dbname", "app", "sslmod", "require")), "[sslmod]", "[dbname, pooler, sslmode]");
    }

    @Test
    void aDatabaseAndAHostAreNeeded() {
        refused(config(Map.of()), "no database", "postgresql://host:port/database");
        refused(Opened.at(List.of(), time), "no host", "postgresql://host:port/database");
    }

    @Test
    void aNamespaceInThePathIsRefusedWithItsPlace() {
        refused(config(Map.of("dbname", "app/billing")), "app/billing", "?namespace=billing");
    }

    @Test
    void invalidValuesAreRefusedWithTheAcceptedOnes() {
        refused(config(Map.of("dbname", "app", "sslmode", "on")), "'on'", "verify-full");
        refused(config(Map.of("dbname", "app", "pooler", "yes")), "'yes'", "true and false");
        assertThat(Parameters.of(config(Map.of("dbname", "app", "pooler", "false")))
                        .pooler())
                .contains(false);
    }

    @Test
    void certificatesAreCheckedUnlessTheUriSaysOtherwise() {
        Opened trusting = config(Map.of("dbname", "app")).trusting(Path.of("authorities.pem"));
        assertThat(Parameters.of(trusting).sslMode()).isEqualTo("verify-full");
        assertThat(Parameters.of(config(Map.of("dbname", "app"))).sslMode()).isEqualTo("prefer");
        refused(trusting.with(Map.of("dbname", "app", "sslmode", "prefer")), "without TLS", "verify-ca");
    }

    private Opened config(Map<String, String> parameters) {
        return Opened.at(List.of(HOST), time).with(parameters);
    }

    private static void refused(Opened config, String... saying) {
        assertThatThrownBy(config::open)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(saying);
    }
}
