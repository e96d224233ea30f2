package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.tck.proxy.Line.Way;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A proxy without a command is a wire. */
@Timeout(120)
class PassingTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    @Test
    void everyByteComesBackInOrderWhateverTheChunks() throws Exception {
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.to(echo.address())) {
            List<Future<byte[]>> echoes = new ArrayList<>();
            for (int seed = 1; seed <= 4; seed++) {
                echoes.add(echoed(proxy, seed, 16 * 1024 * 1024));
            }
            for (int seed = 1; seed <= 4; seed++) {
                assertThat(echoes.get(seed - 1).get()).isEqualTo(Line.random(seed, 16 * 1024 * 1024));
            }
            proxy.awaitNoConnection(SOON);
            assertThat(proxy.clientToServer().traffic()).isEqualTo(new Traffic(64 << 20, 64 << 20, 0));
            assertThat(proxy.serverToClient().traffic()).isEqualTo(new Traffic(64 << 20, 64 << 20, 0));
        }
    }

    /** Sends in chunks of random sizes, ends its own direction, and gives what came back by then. */
    private Future<byte[]> echoed(FaultProxy proxy, int seed, int size) {
        return threads.submit(() -> {
            try (Socket socket = Line.connect(proxy)) {
                Future<?> sending = threads.submit(() -> {
                    sendInChunks(socket, seed, size);
                    socket.shutdownOutput();
                    return size;
                });
                byte[] back = Line.readToEnd(socket);
                sending.get();
                return back;
            }
        });
    }

    private static void sendInChunks(Socket socket, int seed, int size) throws IOException {
        byte[] bytes = Line.random(seed, size);
        Random sizes = new Random(seed);
        OutputStream out = socket.getOutputStream();
        for (int sent = 0; sent < size; ) {
            int chunk = Math.min(size - sent, 1 + sizes.nextInt(sizes.nextBoolean() ? 100_000 : 100));
            out.write(bytes, sent, chunk);
            sent += chunk;
        }
    }

    @Test
    void twoThousandConnectionsShareOneThread() throws Exception {
        int count = 2_000;
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.to(echo.address())) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                clients.add(Line.connect(proxy));
            }
            proxy.awaitAccepted(count, SOON);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < count; i++) {
                    clients.get(i).getOutputStream().write(Line.random(i + round, 500));
                }
                for (int i = 0; i < count; i++) {
                    assertThat(Line.read(clients.get(i), 500)).isEqualTo(Line.random(i + round, 500));
                }
            }
            assertThat(proxy.connections()).hasSize(count);
            assertThat(proxyThreads()).isEqualTo(1);
            for (Connection connection : proxy.connections()) {
                assertThat(connection.clientToServer()).isEqualTo(new Traffic(1500, 1500, 0));
                assertThat(connection.serverToClient()).isEqualTo(new Traffic(1500, 1500, 0));
            }
            for (Socket client : clients) {
                client.close();
            }
            proxy.awaitNoConnection(SOON);
        }
    }

    private static long proxyThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("fault-proxy"))
                .count();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aHalfCloseIsPassedOnAndTheOtherDirectionContinues(Way way) throws Exception {
        try (Line line = new Line()) {
            line.sender(way).getOutputStream().write(Line.random(1, 1000));
            line.sender(way).shutdownOutput();
            assertThat(Line.readToEnd(line.receiver(way))).isEqualTo(Line.random(1, 1000));

            for (int i = 0; i < 10; i++) {
                line.receiver(way).getOutputStream().write(Line.random(i, 1000));
                assertThat(Line.read(line.sender(way), 1000)).isEqualTo(Line.random(i, 1000));
            }
            assertThat(line.proxy.connections()).hasSize(1);
            line.receiver(way).shutdownOutput();
            assertThat(line.sender(way).getInputStream().read()).isEqualTo(-1);
            line.proxy.awaitNoConnection(SOON);
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aResetIsPassedOnBehindTheBytesBeforeIt(Way way) throws Exception {
        try (Line line = new Line()) {
            byte[] bytes = Line.random(1, 50_000);
            line.sender(way).getOutputStream().write(bytes);
            line.direction(way).awaitReceived(bytes.length, SOON);
            Line.crash(line.sender(way));
            assertThat(Line.readToReset(line.receiver(way))).isEqualTo(bytes);
            line.proxy.awaitNoConnection(SOON);
        }
    }

    /** As when a server refuses a request that is too long: its reply must not be lost with the rest of the request. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void bytesSentBeforeAResetArriveAlsoWhenAWriteMeetsTheReset(Way way) throws Exception {
        try (Line line = new Line()) {
            byte[] bytes = Line.random(1, 2 * Pipe.LIMIT);
            line.direction(way).hold();
            line.sender(way).getOutputStream().write(bytes);
            line.direction(way).awaitHeld(Pipe.LIMIT - 10_000, SOON);
            Line.crash(line.sender(way));
            // the proxy reads no more in this direction: it is the other one that meets the reset
            line.receiver(way).getOutputStream().write(new byte[100_000]);
            line.direction(way.back()).awaitReceived(1, SOON);
            long held = line.direction(way).traffic().held();

            line.proxy.heal();
            byte[] arrived = Line.readToReset(line.receiver(way));
            assertThat(arrived).hasSizeGreaterThanOrEqualTo((int) held).isEqualTo(Arrays.copyOf(bytes, arrived.length));
            assertThat(line.direction(way).traffic()).isEqualTo(new Traffic(arrived.length, arrived.length, 0));
            line.proxy.awaitNoConnection(SOON);
        }
    }

    /** A sender closes its socket, and its system then answers writes with a reset: the receiver sees the end of stream first. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void anEndOfStreamIsNotLostToTheResetThatFollows(Way way) throws Exception {
        try (Line line = new Line()) {
            line.sender(way).getOutputStream().write(Line.random(1, 10_000));
            line.sender(way).close();
            assertThat(Line.readToEnd(line.receiver(way))).isEqualTo(Line.random(1, 10_000));
            assertThatThrownBy(() -> {
                        while (true) {
                            line.receiver(way).getOutputStream().write(new byte[100]);
                        }
                    })
                    .isInstanceOf(SocketException.class);
            line.proxy.awaitNoConnection(SOON);
        }
    }

    @Test
    void aConnectionWhoseEndsHaveBothCrashedIsGone() throws Exception {
        try (Line line = new Line()) {
            line.proxy.hold();
            line.client.getOutputStream().write(new byte[100]);
            line.server.getOutputStream().write(new byte[100]);
            line.proxy.clientToServer().awaitHeld(100, SOON);
            line.proxy.serverToClient().awaitHeld(100, SOON);
            Line.crash(line.client);
            Line.crash(line.server);
            line.proxy.heal();
            line.proxy.awaitNoConnection(SOON);
        }
    }

    @Test
    void aServerThatCannotBeReachedIsAResetToTheClient() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(Line.deserted());
                Socket client = Line.connect(proxy)) {
            assertThat(Line.readToReset(client)).isEmpty();
            proxy.awaitNoConnection(SOON);
            assertThat(proxy.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aServerMaySpeakFirst() throws Exception {
        try (Line line = new Line()) {
            line.server.getOutputStream().write(Line.random(1, 100));
            assertThat(Line.read(line.client, 100)).isEqualTo(Line.random(1, 100));
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aReceiverThatDoesNotReadStopsTheSenderAndLosesNothing(Way way) throws Exception {
        try (Line line = new Line()) {
            byte[] bytes = Line.random(1, 64 * 1024 * 1024);
            Future<?> sending = threads.submit(() -> {
                line.sender(way).getOutputStream().write(bytes);
                return null;
            });
            line.direction(way).awaitHeld(Pipe.LIMIT / 2, SOON);
            // the kernels' buffers are smaller than the bytes that are sent, so the sender is blocked until a reader
            // reads
            Traffic stalled = stalled(line.direction(way));
            assertThat(stalled.held()).isLessThan(Pipe.LIMIT + 64 * 1024);
            assertThat(sending.isDone()).isFalse();
            assertThat(Line.read(line.receiver(way), bytes.length)).isEqualTo(bytes);
            sending.get();
        }
    }

    /** Waits until a whole round of the proxy moves nothing more, and returns the traffic so far. */
    private static Traffic stalled(Direction direction) {
        Traffic before;
        Traffic after = direction.traffic();
        do {
            before = after;
            direction.pass();
            after = direction.traffic();
        } while (!before.equals(after));
        return after;
    }
}
