package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.testservers.Identity;
import io.sereno.testservers.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's column of the table of docs/connecting.md: how {@code connect()} fails. */
@Tag("servers")
@Timeout(120)
class ConnectingTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LATE = Duration.ofMillis(1_500); // the driver counts in seconds

    private static PostgresServer server;
    private static PostgresServer encrypted;
    private static Identity identity;
    private static Identity stranger;

    @BeforeAll
    static void start(@TempDir Path folder) throws SQLException {
        identity = Identity.create(folder, "server", "dns:localhost");
        stranger = Identity.create(folder, "stranger", "dns:localhost");
        server = PostgresServer.start("host own all 127.0.0.1/32 scram-sha-256");
        encrypted = PostgresServer.startWithTls(identity);
        Database.run(
                server.endpoint(), "CREATE ROLE ada LOGIN PASSWORD 'correct-horse'", "CREATE DATABASE own OWNER ada");
        Sereno.connect(uri(server.authority())).close();
    }

    @AfterAll
    static void end() {
        server.close();
        encrypted.close();
    }

    private static String uri(String authority) {
        return "postgresql://" + PostgresServer.USER + ":any@" + authority + "/" + PostgresServer.DATABASE;
    }

    private static String secure(String host, String mode) {
        return uri(host + ":" + encrypted.endpoint().getPort()) + "?sslmode=" + mode;
    }

    private static AbstractThrowableAssert<?, ?> fails(Sereno.Builder builder, Class<?> kind) {
        long begun = System.nanoTime();
        Throwable failure =
                catchThrowable(() -> builder.connectTimeout(TIMEOUT).connect().close());
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(TIMEOUT.plus(LATE));
        return assertThat(failure).isInstanceOf(kind).hasMessageNotContaining("horse");
    }

    private static AbstractThrowableAssert<?, ?> mayBeRepeated(String uri) {
        return fails(Sereno.builder().uri(uri), NotAppliedException.class);
    }

    private static AbstractThrowableAssert<?, ?> isAFault(String uri) {
        return fails(Sereno.builder().uri(uri), SerenoConfigurationException.class);
    }

    @Test
    void whereNobodyListensItMayBeRepeated() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        mayBeRepeated(uri("127.0.0.1:" + port)).hasMessageContaining("127.0.0.1:" + port);
    }

    @Test
    void whereTheHostIsNotKnownItMayBeRepeated() {
        mayBeRepeated(uri("no-such-host.invalid:1")).hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void whereTheServerIsFrozenItMayBeRepeated() {
        try (PostgresServer frozen = PostgresServer.start()) {
            frozen.pause();
            mayBeRepeated(uri(frozen.authority())).hasMessageContaining(frozen.authority());
        }
    }

    @Test
    void aWrongPasswordAWrongUserAndNoneAreFaults() {
        String own = "@" + server.authority() + "/own";
        Sereno.connect("postgresql://ada:correct-horse" + own).close();
        isAFault("postgresql://ada:wrong-horse" + own).hasMessageContaining("password");
        isAFault("postgresql://eve:correct-horse" + own).hasMessageContaining("eve");
        isAFault("postgresql://" + own.substring(1)).hasMessageContaining("password");
    }

    @Test
    void aDatabaseThatDoesNotExistIsAFault() {
        isAFault("postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/nowhere")
                .hasMessageContaining("nowhere");
    }

    @Test
    void aCertificateThatIsNotTrustedIsAFault() {
        Sereno.builder()
                .uri(secure("localhost", "verify-full"))
                .trust(identity.certificate())
                .connect()
                .close();
        fails(
                Sereno.builder().uri(secure("localhost", "verify-full")).trust(stranger.certificate()),
                SerenoConfigurationException.class);
    }

    @Test
    void aCertificateForAnotherHostIsAFault() {
        fails(
                        Sereno.builder().uri(secure("127.0.0.1", "verify-full")).trust(identity.certificate()),
                        SerenoConfigurationException.class)
                .hasMessageContaining("127.0.0.1");
    }

    @Test
    void tlsOnTheClientsSideOnlyIsAFault() {
        isAFault(uri(server.authority()) + "?sslmode=require").hasMessageContaining("SSL");
    }

    @Test
    void anotherProtocolMayBeRepeated() throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.start();
        try {
            mayBeRepeated(uri("127.0.0.1:" + http.getAddress().getPort()));
        } finally {
            http.stop(0);
        }
    }
}
