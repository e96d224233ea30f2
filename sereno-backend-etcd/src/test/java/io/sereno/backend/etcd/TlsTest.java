package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Identity;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** TLS, with certificates that both sides check. */
@Tag("servers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {
    private Identity server;
    private Identity elsewhere;
    private Identity client;
    private EtcdServer etcd;
    private EtcdServer wrongName;

    @BeforeAll
    void start(@TempDir Path folder) {
        server = Identity.create(folder, "server", "ip:127.0.0.1");
        elsewhere = Identity.create(folder, "elsewhere", "ip:127.0.0.2");
        client = Identity.create(folder, "client", "ip:127.0.0.1");
        etcd = etcd(server);
        wrongName = etcd(elsewhere);
    }

    private EtcdServer etcd(Identity own) {
        return EtcdServer.startWithTls(
                "--cert-file=" + own.certificate(),
                "--key-file=" + own.key(),
                "--client-cert-auth",
                "--trusted-ca-file=" + client.certificate());
    }

    @AfterAll
    void stop() {
        etcd.close();
        wrongName.close();
    }

    private static Config to(EtcdServer server) {
        return Config.of(server.secureEndpoint()).scheme("etcds");
    }

    private Config asClient(EtcdServer server) {
        return to(server).identity(client.certificate(), client.key());
    }

    @Test
    void withTheRightCertificatesEverythingWorks() throws Exception {
        try (Backend backend = asClient(etcd).trust(server.certificate()).open()) {
            Received received = new Received();
            await(backend.watch(new Target("any", Optional.empty()), received));
            assertThat(await(backend.commit(
                            Commit.to("any").put("a", Bytes.EMPTY).build())))
                    .isInstanceOf(Committed.class);
            assertThat(received.next()).isEqualTo("a");
        }
    }

    @Test
    void aServerThatIsNotTrustedIsRefused() {
        assertRefused(asClient(etcd), "unable to find valid certification path");
        assertRefused(asClient(etcd).trust(elsewhere.certificate()), "unable to find valid certification path");
        assertRefused(asClient(wrongName).trust(elsewhere.certificate()), "127.0.0.1");
    }

    @Test
    void aClientThatIsNotTrustedIsRefused() {
        assertRefused(to(etcd).trust(server.certificate()), "certificate");
        assertRefused(
                to(etcd).trust(server.certificate()).identity(elsewhere.certificate(), elsewhere.key()), "certificate");
    }

    @Test
    void aKeyThatIsNotThatOfTheCertificateIsRefusedBeforeAnyInputOrOutput() {
        assertThatThrownBy(() -> to(etcd).identity(client.certificate(), server.certificate())
                        .open())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("client.pem");
    }

    @Test
    void aMismatchOfTlsIsReported() {
        assertFails(asClient(etcd).at(etcd.endpoint()).trust(server.certificate()), "TLS");
        assertFails(Config.of(etcd.secureEndpoint()), "etcds:");
    }

    private static void assertRefused(Config config, String why) {
        assertThatThrownBy(config::open)
                .isInstanceOfSatisfying(
                        BackendException.class,
                        refused -> assertThat(refused.permanent())
                                .as(refused.getMessage())
                                .isTrue())
                .hasMessageContaining(why);
    }

    private static void assertFails(Config config, String why) {
        assertThatThrownBy(config::open).isInstanceOf(BackendException.class).hasMessageContaining(why);
    }

    /** The server, its authority and the client's own certificate are all replaced, as at the end of their time. */
    @Test
    void certificatesThatAreReplacedAreReadAtTheNextConnection(@TempDir Path folder) throws Exception {
        Path trust = Files.copy(server.certificate(), folder.resolve("trust.pem"));
        Path certificate = Files.copy(client.certificate(), folder.resolve("own.pem"));
        Path key = Files.copy(client.key(), folder.resolve("own.key"));
        Identity laterServer = Identity.create(folder, "later-server", "ip:127.0.0.1");
        Identity laterClient = Identity.create(folder, "later-client", "ip:127.0.0.1");
        try (EtcdServer before = etcd(server);
                EtcdServer after = EtcdServer.startWithTls(
                        "--cert-file=" + laterServer.certificate(),
                        "--key-file=" + laterServer.key(),
                        "--client-cert-auth",
                        "--trusted-ca-file=" + laterClient.certificate())) {
            FaultProxy first = FaultProxy.to(before.secureEndpoint());
            InetSocketAddress address = first.endpoint();
            try (Backend backend = Config.of(address)
                    .scheme("etcds")
                    .trust(trust)
                    .identity(certificate, key)
                    .open()) {
                await(backend.commit(Commit.to("any").put("a", Bytes.EMPTY).build()));
                Files.copy(laterServer.certificate(), trust, StandardCopyOption.REPLACE_EXISTING);
                Files.copy(laterClient.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
                Files.copy(laterClient.key(), key, StandardCopyOption.REPLACE_EXISTING);
                // The open connection continues with its former certificate.
                await(backend.commit(Commit.to("any").put("b", Bytes.EMPTY).build()));
                first.close();
                try (FaultProxy second = FaultProxy.between(address, after.secureEndpoint())) {
                    assertThat(second.endpoint()).isEqualTo(address);
                    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
                    while (!works(backend)) {
                        assertThat(System.nanoTime() - deadline)
                                .as("no connection with the new certificates")
                                .isNegative();
                    }
                }
            }
        }
    }

    private static boolean works(Backend backend) {
        try {
            await(backend.read(new Query.All("any")));
            return true;
        } catch (CompletionException notYet) {
            return false;
        }
    }
}
