package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientConfigTest {
    private static final InetSocketAddress SERVER = InetSocketAddress.createUnresolved("localhost", 2379);

    @Test
    void itHasTheNamespaceAndDefaults() {
        ClientConfig config = ClientConfig.of("etcd", List.of(SERVER), "billing");
        assertThat(config.endpoints()).containsExactly(SERVER);
        assertThat(config.namespace()).isEqualTo("billing");
        assertThat(config.operationTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.user()).isEmpty();
        assertThat(config.password()).isEmpty();
        assertThat(config.parameters()).isEmpty();
        assertThat(config.trust()).isEmpty();
    }

    @Test
    void thePasswordIsAskedForEachTimeAndNotShown() {
        ClientConfig config = ClientConfig.of("etcd", List.of(), "").loggedInAs("ada", "secret"::toCharArray);
        char[] first = config.password().orElseThrow();
        first[0] = '\0';
        assertThat(config.password().orElseThrow()).isEqualTo("secret".toCharArray());
        assertThat(config.toString()).doesNotContain("secret=s").doesNotContain("[s, e");
        assertThat(config.user()).contains("ada");
    }

    @Test
    void anotherConfigurationGivesClockThreadsAndTimeouts() {
        ClientConfig other = ClientConfig.of("redis", List.of(), "other");
        ClientConfig config =
                ClientConfig.of("etcd", List.of(SERVER), "billing").timedAs(other);
        assertThat(config.time()).isSameAs(other.time());
        assertThat(config.executor()).isSameAs(other.executor());
        assertThat(config.namespace()).isEqualTo("billing");
    }

    @Test
    void aNamespaceThatIsTooLongIsRefused() {
        assertThatThrownBy(() -> ClientConfig.of("etcd", List.of(), "n".repeat(65)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("namespace")
                .hasMessageContaining("64");
    }
}
