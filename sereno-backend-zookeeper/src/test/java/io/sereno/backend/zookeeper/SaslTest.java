package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Lease;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.server.auth.DigestLoginModule;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Users that log in by SASL, as a JAAS configuration of the JVM has them. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class SaslTest {
    private ZooKeeperServer server;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        Path users = Files.writeString(
                folder.resolve("jaas.conf"),
                "Server { " + DigestLoginModule.class.getName()
                        + " required user_paul=\"tr0ub4dor\" user_mary=\"l4mb\"; };\n");
        server = ZooKeeperServer.start(
                "-Djava.security.auth.login.config=" + users,
                "authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider");
        Configuration.setConfiguration(new Users(Map.of(
                "Paul", Map.of("username", "paul", "password", "tr0ub4dor"),
                "Mary", Map.of("username", "mary", "password", "l4mb"),
                "Wrong", Map.of("username", "paul", "password", "wr0ng"))));
    }

    @AfterAll
    void stop() {
        Configuration.setConfiguration(null); // the JVM's own again
        server.close();
    }

    private static final class Users extends Configuration {
        private final Map<String, Map<String, String>> sections;

        Users(Map<String, Map<String, String>> sections) {
            this.sections = sections;
        }

        @Override
        public AppConfigurationEntry @Nullable [] getAppConfigurationEntry(String section) {
            Map<String, String> options = sections.get(section);
            return options == null
                    ? null
                    : new AppConfigurationEntry[] {
                        new AppConfigurationEntry(
                                DigestLoginModule.class.getName(), LoginModuleControlFlag.REQUIRED, options)
                    };
        }
    }

    private Client.Config as(String section) {
        return Client.Config.of(server.endpoints(), "sasl").withParameters(Map.of("sasl", section));
    }

    @Test
    void nodesOfAUserBelongToThatUserAlone() {
        try (Client paul = new Client(as("Paul"))) {
            Lease lease = paul.lease(Duration.ofSeconds(30));
            paul.put("d", "a", lease);
            paul.put("d", "b", "1");
            assertThat(Client.await(lease.renew())).isTrue();
            try (Client again = new Client(as("Paul"))) {
                assertThat(again.names("d")).containsExactly("a", "b");
            }
            assertRefused(as("Mary"), "NOAUTH");
            assertRefused(Client.Config.of(server.endpoints(), "sasl"), "NOAUTH");
        }
    }

    @Test
    void aWrongPasswordIsRefusedAndNotShown() {
        assertRefused(as("Wrong"), "AUTHFAILED");
    }

    private static void assertRefused(Client.Config config, String why) {
        assertThatThrownBy(() -> new Client(config).close())
                .isInstanceOfSatisfying(BackendException.class, failure -> {
                    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    assertThat(failure.permanent()).isTrue();
                })
                .hasMessageContaining(why)
                .message()
                .doesNotContain("tr0ub4dor", "wr0ng");
    }

    @Test
    void aMissingSectionIsReportedBeforeAnyIo() {
        assertThatThrownBy(() -> Options.of(as("Nobody")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Nobody")
                .hasMessageContaining("JAAS");
    }
}
