package io.sereno.spi;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class PortProbeTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final PortProbe probe = new PortProbe(
            "Store",
            "store",
            "stores",
            "hello".getBytes(US_ASCII),
            answer -> new String(answer, US_ASCII).startsWith("welcome"));

    /** Answers the first bytes of each client, or hangs up if there is no answer. */
    private static final class Server implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final CompletableFuture<Void> serving;

        Server(UnaryOperator<byte[]> answers) throws IOException {
            // Each server has a thread of its own: the common pool may have one thread for all.
            Executor thread = task -> new Thread(task, "server").start();
            Runnable serve = () -> {
                while (true) {
                    try (Socket client = listener.accept()) {
                        byte[] first = new byte[5];
                        int size = client.getInputStream().read(first);
                        client.getOutputStream().write(answers.apply(Arrays.copyOf(first, Math.max(0, size))));
                    } catch (IOException e) {
                        if (listener.isClosed()) {
                            return;
                        }
                    }
                }
            };
            serving = CompletableFuture.runAsync(serve, thread);
        }

        InetSocketAddress address() {
            return InetSocketAddress.createUnresolved("127.0.0.1", listener.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            listener.close();
            serving.join();
        }
    }

    private static Server saying(String answer) throws IOException {
        return new Server(first -> answer.getBytes(US_ASCII));
    }

    /** Closes connections that do not begin with TLS, and answers TLS with a handshake record. */
    private static Server speakingTls() throws IOException {
        return new Server(first -> first[0] == 22 ? new byte[] {22, 3, 3, 0, 90, 2, 0, 0} : new byte[0]);
    }

    @Test
    void theStoresOwnServerIsNoFaultUnlessTlsIsWanted() throws IOException {
        try (Server server = saying("welcome, friend")) {
            assertThat(probe.fault(List.of(server.address()), false, LIMIT)).isEmpty();
            assertThat(probe.fault(List.of(server.address()), true, LIMIT))
                    .contains("Store at 127.0.0.1:" + server.address().getPort()
                            + " does not speak TLS; write store: or name its port for TLS");
        }
    }

    @Test
    void aServerThatSpeaksTlsIsAFaultUnlessTlsIsWanted() throws IOException {
        try (Server server = speakingTls();
                Server alarmed = new Server(first -> new byte[] {21, 3, 3, 0, 2, 2, 80})) {
            for (Server encrypted : List.of(server, alarmed)) {
                assertThat(probe.fault(List.of(encrypted.address()), false, LIMIT))
                        .contains("the server at 127.0.0.1:"
                                + encrypted.address().getPort() + " speaks TLS; write stores:");
                assertThat(probe.fault(List.of(encrypted.address()), true, LIMIT))
                        .isEmpty();
            }
        }
    }

    @Test
    void anotherProtocolIsAFault() throws IOException {
        try (Server server = saying("HTTP/1.1 400 Bad Request")) {
            assertThat(probe.fault(List.of(server.address()), false, LIMIT))
                    .contains("the server at 127.0.0.1:" + server.address().getPort()
                            + " speaks another protocol than Store; check the port");
            assertThat(probe.fault(List.of(server.address()), true, LIMIT).orElseThrow())
                    .contains("another protocol than Store, and no TLS");
        }
    }

    @Test
    void aServerThatDoesNotAnswerIsNoFault() throws IOException {
        InetSocketAddress closed;
        try (Server server = saying("")) {
            closed = server.address();
            assertThat(probe.fault(List.of(closed), false, LIMIT)).isEmpty();
        }
        assertThat(probe.fault(List.of(closed), false, LIMIT)).isEmpty();
        assertThat(probe.fault(List.of(InetSocketAddress.createUnresolved("no-such-host.invalid", 1)), true, LIMIT))
                .isEmpty();
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address = InetSocketAddress.createUnresolved("127.0.0.1", silent.getLocalPort());
            assertThat(probe.fault(List.of(address), false, Duration.ofMillis(200)))
                    .isEmpty();
        }
    }

    @Test
    void oneCorrectServerIsEnough() throws IOException {
        try (Server other = saying("SSH-2.0-OpenSSH");
                Server server = saying("welcome, friend")) {
            List<InetSocketAddress> servers = List.of(other.address(), server.address());
            assertThat(probe.fault(servers, false, LIMIT)).isEmpty();
            assertThat(probe.fault(servers.subList(0, 1), false, LIMIT)).isPresent();
        }
    }

    /** The server that is down may be the right one, and may come back. */
    @Test
    void aWrongServerIsNoFaultWhileAnotherServerIsDown() throws IOException {
        InetSocketAddress down;
        try (Server closed = saying("")) {
            down = closed.address();
        }
        try (Server other = saying("SSH-2.0-OpenSSH")) {
            assertThat(probe.fault(List.of(other.address(), down), false, LIMIT))
                    .isEmpty();
            assertThat(probe.fault(List.of(down, other.address()), false, LIMIT))
                    .isEmpty();
            assertThat(probe.fault(List.of(other.address(), other.address()), false, LIMIT))
                    .isPresent();
        }
    }

    @Test
    void aFailedProbeReportsNothingAndDoesNotWait() throws IOException {
        PortProbe broken = new PortProbe("Store", "store", "stores", new byte[] {1}, answer -> {
            throw new IllegalStateException("cannot tell");
        });
        try (Server server = saying("welcome, friend")) {
            long before = System.nanoTime();
            assertThat(broken.fault(List.of(server.address()), false, LIMIT)).isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(LIMIT);
        }
    }
}
