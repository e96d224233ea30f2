package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
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
    void nodesOfAUserBelongToThatUserAlone() throws Exception {
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

    /** The hardened profile of docs/zookeeper.md, word by word: its rights are enough, and it keeps other users out. */
    @Test
    void theHardenedProfileNeedsOnlyTheRightsToCreateAndDelete() throws Exception {
        try (ZooKeeperServer hardened =
                ZooKeeperServer.start("enforce.auth.enabled=true", "enforce.auth.schemes=digest")) {
            administer(hardened);
            String at = "@" + hardened.authority() + "/billing?session-ttl=20s";
            try (Sereno ann = Sereno.connect("zookeeper://paul:tr0ub4dor" + at);
                    Sereno bob = Sereno.connect("zookeeper://paul:tr0ub4dor" + at)) {
                try (Grant grant = ann.mutex("m").acquire()) {
                    assertThat(grant.isHeld()).isTrue();
                    assertThat(bob.mutex("m").tryAcquire()).isEmpty();
                }
                bob.mutex("m").tryAcquire(Duration.ofSeconds(30)).orElseThrow().release();
                ann.counter("c").addAndGet(3);
                assertThat(bob.counter("c").incrementAndGet()).isEqualTo(4);
                ann.topic("t", Codec.utf8()).publish("hello");
                assertThat(ann.election("e").start().awaitLeadership(Duration.ofSeconds(30)))
                        .isPresent();
                assertThat(ann.ids("i").nextId()).isNotEqualTo(bob.ids("i").nextId());
            }
            Client.Config config = Client.Config.of(hardened.endpoints(), "billing");
            assertRefused(config.withUser("mary", "l4mb"));
            assertRefused(Client.Config.of(hardened.endpoints(), "elsewhere").withUser("paul", "tr0ub4dor"));
            assertThatThrownBy(
                            () -> new Client(config.withTimeouts(Duration.ofSeconds(3), Duration.ofSeconds(3))).close())
                    .isInstanceOf(BackendException.class);
            try (Client paul = new Client(config.withUser("paul", "tr0ub4dor"))) {
                Handle bare = paul.itself().mainHandle();
                assertThatThrownBy(() -> bare.setACL("/billing", ZooDefs.Ids.OPEN_ACL_UNSAFE, -1))
                        .isInstanceOf(KeeperException.NoAuthException.class);
                assertThatThrownBy(() -> bare.getChildren("/billing", false))
                        .isInstanceOf(KeeperException.NoAuthException.class);
                assertThatThrownBy(() ->
                                bare.create("/other", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT))
                        .isInstanceOf(KeeperException.NoAuthException.class);
            }
        }
    }

    /**
     * <pre>
     * addauth digest admin:s3cret
     * create /billing "" auth:admin:cdrwa,digest:paul:...:cd
     * setAcl / auth:admin:cdrwa
     * </pre>
     */
    private static void administer(ZooKeeperServer hardened) throws Exception {
        ZooKeeper admin = new ZooKeeper(hardened.authority(), 30_000, event -> {});
        try {
            admin.addAuthInfo("digest", "admin:s3cret".getBytes(UTF_8));
            Id administrator = new Id("digest", DigestAuthenticationProvider.generateDigest("admin:s3cret"));
            Id paul = new Id("digest", DigestAuthenticationProvider.generateDigest("paul:tr0ub4dor"));
            List<ACL> administered = new ArrayList<>(List.of(
                    new ACL(ZooDefs.Perms.ALL, administrator),
                    new ACL(ZooDefs.Perms.CREATE | ZooDefs.Perms.DELETE, paul)));
            admin.create("/billing", new byte[0], administered, CreateMode.PERSISTENT);
            admin.setACL("/", new ArrayList<>(List.of(new ACL(ZooDefs.Perms.ALL, administrator))), -1);
        } finally {
            admin.close();
        }
    }

    @Test
    void openNodesBelongToEveryUser() {
        Client.Config config = Client.Config.of(server.endpoints(), "open");
        try (Client paul = new Client(config.withUser("paul", "tr0ub4dor").withParameters(Map.of("acl", "open")));
                Client other = new Client(config)) {
            paul.put("d", "a", "1");
            other.committed(Commit.to("d").ifPresent("a").put("a", Bytes.utf8("2")));
            assertThat(paul.entry("d", "a").orElseThrow().value().toUtf8()).isEqualTo("2");
        }
    }
}
