package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoException;
import io.sereno.testservers.Identity;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of both sides that are replaced, in the same files, while a client is connected. */
@Tag("servers")
@Timeout(120)
class CertificateRotationTest {
    @TempDir
    Path folder;

    /** The files that both sides are configured with. */
    private void use(Identity server, Identity client) throws IOException {
        copy(server.certificate(), "server.crt");
        copy(server.key(), "server.key");
        copy(client.certificate(), "client.crt");
        copy(client.key(), "client.key");
    }

    private void copy(Path from, String to) throws IOException {
        Files.copy(from, folder.resolve(to), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aClientUsesTheCertificatesThatAreThereWhenItConnectsAgain() throws IOException {
        Path made = Files.createDirectory(folder.resolve("made"));
        use(Identity.create(made, "server-1", "ip:127.0.0.1"), Identity.create(made, "client-1", "dns:client"));
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (RedisServer server = RedisServer.start(
                        Persistence.APPEND_ALWAYS,
                        "tls-port " + port,
                        "tls-cert-file " + folder.resolve("server.crt"),
                        "tls-key-file " + folder.resolve("server.key"),
                        "tls-ca-cert-file " + folder.resolve("client.crt"),
                        "tls-auth-clients yes");
                Sereno sereno = builder(port, folder).connect()) {
            assertThat(sereno.counter("visits").incrementAndGet()).isEqualTo(1);
            Path former = Files.createDirectory(folder.resolve("former"));
            for (String file : new String[] {"server.crt", "client.crt", "client.key"}) {
                Files.copy(folder.resolve(file), former.resolve(file));
            }
            use(Identity.create(made, "server-2", "ip:127.0.0.1"), Identity.create(made, "client-2", "dns:client"));
            server.restart();

            assertThatThrownBy(builder(port, former)::connect).isInstanceOf(SerenoConfigurationException.class);
            assertThat(awaitVisits(sereno)).isEqualTo(1);
        }
    }

    private static Sereno.Builder builder(int port, Path files) {
        return Sereno.builder()
                .uri("rediss://127.0.0.1:" + port + "/ns")
                .trust(files.resolve("server.crt"))
                .identity(files.resolve("client.crt"), files.resolve("client.key"));
    }

    /** Until the client has connected again, a call may end without an answer. */
    private static long awaitVisits(Sereno sereno) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            try {
                return sereno.counter("visits").get();
            } catch (SerenoException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }
}
