package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.testservers.Identity;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS on a server's secure port, with certificates that both sides check. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class TlsTest {
    private Identity serverIdentity;
    private Identity ann;
    private Identity bob;
    private Identity stranger;
    private ZooKeeperServer server;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        // By name and not by address, so that it is seen which of them is checked.
        serverIdentity = Identity.create(folder, "server", "dns:localhost");
        ann = Identity.create(folder, "ann", "dns:ann");
        bob = Identity.create(folder, "bob", "dns:bob");
        stranger = Identity.create(folder, "stranger", "dns:localhost");
        Path clients = Files.writeString(
                folder.resolve("clients.pem"),
                Files.readString(ann.certificate()) + Files.readString(bob.certificate()));
        server = ZooKeeperServer.startWithTls(
                "ssl.keyStore.location=" + serverIdentity.both(),
                "ssl.keyStore.type=PEM",
                "ssl.trustStore.location=" + clients,
                "ssl.trustStore.type=PEM");
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private Client.Config to(String host, String namespace) {
        InetSocketAddress address =
                InetSocketAddress.createUnresolved(host, server.secureEndpoint().getPort());
        return Client.Config.of(List.of(address), namespace)
                .withScheme("zookeepers")
                .withTrust(serverIdentity.certificate());
    }

    private static Client.Config as(Identity identity, Client.Config config) {
        return config.withIdentity(identity.certificate(), identity.key());
    }

    @Test
    void withTheRightCertificatesEverythingWorks() throws InterruptedException {
        Notes notes = new Notes();
        try (Client client = new Client(as(ann, to("localhost", "tls")))) {
            client.watch(new Target("d", Optional.empty()), notes);
            Lease lease = client.lease(Duration.ofSeconds(10));
            client.put("d", "a", lease);
            notes.await("a");
            assertThat(Client.await(lease.renew())).isTrue();
            assertThat(client.names("d")).containsExactly("a");
            Client.await(lease.revoke());
            assertThat(client.names("d")).isEmpty();
        }
    }

    @Test
    void aWatchAndALeaseGoOnAfterTheServerWasRestarted() throws InterruptedException {
        try (Client client = new Client(as(ann, to("localhost", "restart")))) {
            Notes notes = new Notes();
            client.watch(new Target("d", Optional.empty()), notes);
            Lease lease = client.lease(Duration.ofSeconds(30));
            client.put("d", "a", lease);
            server.restart();
            notes.await(Notes.RESET);
            client.put("d", "b", "1");
            notes.await("b");
            assertThat(client.names("d")).containsExactly("a", "b");
        }
    }

    /** Each certificate is a user of ZooKeeper's scheme x509. */
    @Test
    void nodesOfACertificateCanBelongToItAlone() {
        Client.Config own = to("localhost", "own").withParameters(Map.of("acl", "creator"));
        try (Client client = new Client(as(ann, own))) {
            client.put("d", "a", "1");
            assertThat(client.names("d")).containsExactly("a");
            assertThatThrownBy(() -> new Client(as(bob, own)).close())
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("NOAUTH");
        }
    }

    @Test
    void certificatesThatDoNotFitAreReportedClearly() {
        assertRefused(as(ann, to("localhost", "no")).withTrust(stranger.certificate()), "certification path");
        assertRefused(as(ann, to("127.0.0.1", "no")), "127.0.0.1");
        assertRefused(to("localhost", "no"), "certificate");
        assertRefused(as(stranger, to("localhost", "no")), "certificate");
    }

    @Test
    void aServerWithoutTlsIsReportedClearly() {
        Client.Config plain = Client.Config.of(server.endpoints(), "no").withScheme("zookeepers");
        assertRefused(plain, "TLS with 127.0.0.1");
    }

    private static void assertRefused(Client.Config config, String why) {
        long begun = System.nanoTime();
        assertThatThrownBy(() -> new Client(config.withTimeForTheReason()).close())
                .isInstanceOfSatisfying(BackendException.class, refused -> {
                    assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    assertThat(refused.permanent()).isTrue();
                })
                .hasMessageContaining("TLS")
                .hasMessageContaining(why);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
    }

    /** ZooKeeper's client reads its key from a file; none stays. */
    @Test
    void noKeyIsLeftBehind() throws IOException {
        long before = keysOnDisk();
        try (Client client = new Client(as(ann, to("localhost", "keys")))) {
            client.put("d", "a", "1");
            assertThat(keysOnDisk()).isEqualTo(before + 1);
        }
        assertThat(keysOnDisk()).isEqualTo(before);
    }

    private static long keysOnDisk() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName()
                            .toString()
                            .startsWith(
                                    "sereno-identity-" + ProcessHandle.current().pid()))
                    .count();
        }
    }
}
