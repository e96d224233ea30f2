package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Target;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS, with certificates that both sides check. */
@Tag("servers")
class TlsTest {
    private static final InetSocketAddress ETCD = SharedEtcd.SERVER.endpoint();

    private static Config to(TlsDoor door) {
        return Config.of(door.endpoint()).scheme("etcds").connectTimeout(Duration.ofSeconds(20));
    }

    @Test
    void withTheRightCertificatesEverythingWorks(@TempDir Path folder) throws Exception {
        Identity server = Identity.create(folder, "server", "127.0.0.1");
        Identity client = Identity.create(folder, "client", "127.0.0.1");
        try (TlsDoor door = new TlsDoor(ETCD, server, client);
                Backend backend = to(door).trust(server.certificate())
                        .identity(client.certificate(), client.key())
                        .open()) {
            Heard heard = new Heard();
            await(backend.watch(new Target("any", Optional.empty()), heard));
            assertThat(await(backend.commit(
                            Commit.to("any").put("a", Bytes.EMPTY).build())))
                    .isInstanceOf(Committed.class);
            assertThat(heard.next()).isEqualTo("a");
        }
    }

    @Test
    void certificatesThatDoNotFitAreToldForWhatTheyAre(@TempDir Path folder) throws Exception {
        Identity server = Identity.create(folder, "server", "127.0.0.1");
        Identity elsewhere = Identity.create(folder, "elsewhere", "127.0.0.2");
        Identity client = Identity.create(folder, "client", "127.0.0.1");
        try (TlsDoor door = new TlsDoor(ETCD, server, client);
                TlsDoor wrongName = new TlsDoor(ETCD, elsewhere, client)) {
            Config known = to(door).identity(client.certificate(), client.key());
            assertRefused(known, "unable to find valid certification path");
            assertRefused(known.trust(elsewhere.certificate()), "unable to find valid certification path");
            assertRefused(
                    to(wrongName).identity(client.certificate(), client.key()).trust(elsewhere.certificate()),
                    "127.0.0.1");
            assertThatThrownBy(() -> to(door).trust(server.certificate())
                            .connectTimeout(Duration.ofSeconds(3))
                            .open())
                    .as("without a certificate of the client's")
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("127.0.0.1:" + door.endpoint().getPort());
            assertThatThrownBy(() -> to(door).identity(client.certificate(), server.certificate())
                            .open())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("client.pem");
        }
    }

    private static void assertRefused(Config config, String why) {
        assertThatThrownBy(config::open)
                .isInstanceOfSatisfying(
                        BackendException.class,
                        refused -> assertThat(refused.permanent()).isTrue())
                .hasMessageContaining(why);
    }
}
