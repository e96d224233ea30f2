package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** Users and what they may do. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class RightsTest {
    private ZooKeeperServer server;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void whatAUserStoresIsThatUsersAlone() throws Exception {
        Client.Config config = Client.Config.of(server.endpoints(), "private");
        try (Client paul = new Client(config.withUser("paul", "tr0ub4dor"))) {
            Lease lease = paul.lease(Duration.ofSeconds(30));
            paul.put("d", "a", lease);
            paul.put("d", "b", "1");
            try (Client again = new Client(config.withUser("paul", "tr0ub4dor"))) {
                assertThat(again.names("d")).containsExactly("a", "b");
            }
            List<ACL> paulsAlone = acl(paul, "/private/!sereno");
            assertThat(paulsAlone).singleElement().satisfies(acl -> {
                assertThat(acl.getId().getScheme()).isEqualTo("digest");
                assertThat(acl.getId().getId()).startsWith("paul:").doesNotContain("tr0ub4dor");
                assertThat(acl.getPerms()).isEqualTo(ZooDefs.Perms.ALL);
            });
            for (String path :
                    List.of("/private", "/private/!sereno/00", "/private/=d", "/private/=d/a", "/private/=d/b")) {
                assertThat(acl(paul, path)).as(path).isEqualTo(paulsAlone);
            }
            assertRefused(config);
            assertRefused(config.withUser("paul", "wr0ng"));
            assertThat(paul.names("d")).containsExactly("a", "b");
        }
    }

    private static List<ACL> acl(Client client, String path) throws KeeperException, InterruptedException {
        return client.itself().mainHandle().getACL(path, new Stat());
    }

    private static void assertRefused(Client.Config config) {
        assertThatThrownBy(() -> new Client(config).close())
                .isInstanceOfSatisfying(BackendException.class, failure -> {
                    assertThat(failure.outcome()).isEqualTo(BackendException.Outcome.NOT_APPLIED);
                    assertThat(failure.permanent()).isTrue();
                })
                .hasMessageContaining("NOAUTH")
                .hasMessageContaining("user and password")
                .message()
                .doesNotContain("tr0ub4dor", "wr0ng");
    }

    @Test
    void whatIsOpenIsEverybodys() {
        Client.Config config = Client.Config.of(server.endpoints(), "open");
        try (Client paul = new Client(config.withUser("paul", "tr0ub4dor").withParameters(Map.of("acl", "open")));
                Client other = new Client(config)) {
            paul.put("d", "a", "1");
            other.committed(Commit.to("d").ifPresent("a").put("a", Bytes.utf8("2")));
            assertThat(paul.entry("d", "a").orElseThrow().value().toUtf8()).isEqualTo("2");
        }
    }
}
