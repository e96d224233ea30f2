package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rediss:}, with certificates that both sides check. */
class TlsTest extends RedisTest {
    private static final char[] STORE = "changeit".toCharArray();

    @TempDir
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private RedisServer server;

    private int port;

    @BeforeEach
    void startServer(@TempDir Path folder) throws Exception {
        this.folder = folder;
        makeCertificate("trusted");
        makeCertificate("other");
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        server = closing(RedisServer.start(
                Persistence.NONE,
                "tls-port " + port,
                "tls-cert-file " + folder.resolve("trusted.crt"),
                "tls-key-file " + folder.resolve("trusted.key"),
                "tls-ca-cert-file " + folder.resolve("trusted.crt"),
                "tls-auth-clients yes"));
    }

    @Override
    RedisServer server() {
        return server;
    }

    @Test
    void bothSidesAuthenticate() {
        Backend backend = open(encrypted("trusted", "trusted"));
        put(backend, "d", "a", "1");
        assertThat(names(backend, "d")).containsExactly("a");
    }

    @Test
    void tlsIsConfiguredByTheUriAndTheBuilder() throws Exception {
        try (Sereno sereno = Sereno.builder()
                .uri("rediss://127.0.0.1:" + port + "/" + namespace)
                .trust(folder.resolve("trusted.crt"))
                .identity(folder.resolve("trusted.crt"), folder.resolve("trusted.key"))
                .connect()) {
            assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
        }
    }

    @Test
    void aServerThatIsNotTrustedAndAClientThatIsNotAreRefused() {
        for (Opened config : List.of(encrypted("other", "trusted"), encrypted("trusted", "other"))) {
            assertThatThrownBy(config::open)
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("no connection to Redis at 127.0.0.1:" + port);
        }
    }

    @Test
    void aCertificateOfAnotherHostIsRefused() {
        Opened byName =
                encrypted("trusted", "trusted").at(List.of(InetSocketAddress.createUnresolved("localhost", port)));
        assertThatThrownBy(byName::open)
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("no connection to Redis at localhost:" + port);
    }

    private Opened encrypted(String trusted, String own) {
        return new Opened(
                "rediss",
                List.of(InetSocketAddress.createUnresolved("127.0.0.1", port)),
                namespace,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(folder.resolve(trusted + ".crt")),
                Optional.of(folder.resolve(own + ".crt")),
                Optional.of(folder.resolve(own + ".key")),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                time,
                callbacks);
    }

    /** A self-signed certificate, made by the JDK's tool, as the PEM files that Redis and Netty read. */
    private void makeCertificate(String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(STORE))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile())
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue())
                .as(Files.readString(folder.resolve(name + ".log")))
                .isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), STORE);
        write(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded());
        write(name + ".key", "PRIVATE KEY", keys.getKey(name, STORE).getEncoded());
    }

    private void write(String file, String kind, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(
                folder.resolve(file), "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n");
    }
}
