package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
    private static final Client.Config CONFIG =
            Client.Config.of(List.of(InetSocketAddress.createUnresolved("nowhere.invalid", 2181)), "billing");

    @ParameterizedTest
    @CsvSource({
        "database, 3,      unknown parameter 'database'",
        "acl,      world,   'only open'",
        "acl,      creator, 'without a user'",
        "sasl,     Nobody,  'JAAS configuration'",
        "slack,    soon,   '0ms to 30s'",
        "slack,    31s,    '0ms to 30s'",
        "slack,    -1s,    '0ms to 30s'",
    })
    void unsupportedOptionsAreRefusedBeforeAnyIo(String key, String value, String accepted) {
        assertThatThrownBy(() -> new ZooKeeperBackendProvider().open(CONFIG.withParameters(Map.of(key, value))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(accepted);
    }

    @Test
    void nodesBelongToTheUserUnlessTheyAreOpen() {
        assertThat(Options.of(CONFIG).acl()).isEqualTo(ZooDefs.Ids.OPEN_ACL_UNSAFE);
        Client.Config known = CONFIG.withUser("paul", "swordfish");
        assertThat(Options.of(known).acl()).isEqualTo(ZooDefs.Ids.CREATOR_ALL_ACL);
        assertThat(Options.of(known.withParameters(Map.of("acl", "open"))).acl())
                .isEqualTo(ZooDefs.Ids.OPEN_ACL_UNSAFE);
    }

    @Test
    void aUserWithAColonIsRefused() {
        assertThatThrownBy(() -> Options.of(CONFIG.withUser("pa:ul", "swordfish")))
                .hasMessageContaining("colon")
                .message()
                .doesNotContain("swordfish");
    }

    @Test
    void certificatesNeedTls() {
        assertThatThrownBy(() -> Options.of(CONFIG.withTrust(Path.of("ca.pem"))))
                .hasMessageContaining("write zookeepers:");
        assertThat(Options.of(CONFIG).tls()).isFalse();
        Client.Config secure = CONFIG.withScheme("zookeepers").withTrust(Path.of("ca.pem"));
        assertThat(Options.of(secure).tls()).isTrue();
    }

    /** Certificates are often those of machines, so they make nothing private unless that is asked for. */
    @Test
    void nodesMayBelongToACertificate() {
        Client.Config known = CONFIG.withScheme("zookeepers").withIdentity(Path.of("c.pem"), Path.of("k.pem"));
        assertThat(Options.of(known).acl()).isEqualTo(ZooDefs.Ids.OPEN_ACL_UNSAFE);
        assertThat(Options.of(known.withParameters(Map.of("acl", "creator"))).acl())
                .isEqualTo(ZooDefs.Ids.CREATOR_ALL_ACL);
    }

    @Test
    void filesThatAreNoCertificatesAreRefusedBeforeAnyIo(@TempDir Path folder) throws IOException {
        Path junk = Files.writeString(folder.resolve("junk.pem"), "junk");
        Client.Config secure = CONFIG.withScheme("zookeepers");
        assertThatThrownBy(() -> new ZooKeeperBackendProvider().open(secure.withTrust(junk)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("junk.pem");
        Path nowhere = folder.resolve("nowhere.pem");
        assertThatThrownBy(() -> new ZooKeeperBackendProvider().open(secure.withIdentity(nowhere, junk)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nowhere.pem");
    }

    @Test
    void theSlackIsADuration() {
        assertThat(Options.of(CONFIG.withParameters(Map.of("slack", "250ms"))).slack())
                .contains(Duration.ofMillis(250));
        assertThat(Options.of(CONFIG.withParameters(Map.of("slack", "2s"))).slack())
                .contains(Duration.ofSeconds(2));
        assertThat(Options.of(CONFIG).slack()).isEmpty();
    }

    @Test
    void theProviderIsFoundOnTheClassPath() {
        assertThat(ServiceLoader.load(BackendProvider.class).stream()
                        .map(found -> found.type().getName()))
                .contains(ZooKeeperBackendProvider.class.getName());
        assertThat(new ZooKeeperBackendProvider().schemes()).containsExactlyInAnyOrder("zookeeper", "zookeepers");
        assertThat(new ZooKeeperBackendProvider().defaultUri()).contains("zookeeper://127.0.0.1:2181");
    }
}
