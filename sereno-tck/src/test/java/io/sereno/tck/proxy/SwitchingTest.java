package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.tck.proxy.Line.Way;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modes change while bytes flow. */
@Timeout(120)
class SwitchingTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int SIZE = 8 * 1024 * 1024;
    private static final int SWITCHES = 400;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void neverLosesDoublesOrReordersAByte(long seed) throws Exception {
        Random random = new Random(seed);
        try (Line line = new Line();
                Socket secondClient = line.connect();
                Socket secondServer = line.accept()) {
            List<Future<?>> streams = new ArrayList<>();
            streams.addAll(stream(line.client, line.server, 11));
            streams.addAll(stream(line.server, line.client, 12));
            streams.addAll(stream(secondClient, secondServer, 13));
            streams.addAll(stream(secondServer, secondClient, 14));
            for (int i = 0; i < SWITCHES; i++) {
                Direction direction =
                        line.direction(random.nextBoolean() ? Way.CLIENT_TO_SERVER : Way.SERVER_TO_CLIENT);
                switch (random.nextInt(5)) {
                    case 0 -> direction.pass();
                    case 1 -> direction.hold();
                    case 2 -> direction.delay(Duration.ofNanos(1 + random.nextInt(20_000_000)));
                    case 3 -> direction.throttle(1 + random.nextInt(100_000_000));
                    default -> line.proxy.heal();
                }
                if (random.nextInt(4) == 0) { // let some bytes go before the next change
                    direction.pass();
                    direction.awaitDelivered(
                            Math.min(2L * SIZE, direction.traffic().delivered() + random.nextInt(100_000)), SOON);
                }
            }
            line.proxy.heal();
            for (Future<?> stream : streams) {
                stream.get();
            }
            Traffic all = new Traffic(2L * SIZE, 2L * SIZE, 0);
            assertThat(line.proxy.clientToServer().traffic()).isEqualTo(all);
            assertThat(line.proxy.serverToClient().traffic()).isEqualTo(all);
        }
    }

    private List<Future<?>> stream(Socket from, Socket to, int seed) {
        byte[] bytes = Line.random(seed, SIZE);
        Future<?> sending = threads.submit(() -> {
            Random sizes = new Random(seed);
            OutputStream out = from.getOutputStream();
            for (int sent = 0; sent < SIZE; ) {
                int chunk = Math.min(SIZE - sent, 1 + sizes.nextInt(20_000));
                out.write(bytes, sent, chunk);
                sent += chunk;
            }
            from.shutdownOutput();
            return SIZE;
        });
        Future<?> receiving = threads.submit(() -> {
            assertThat(Line.readToEnd(to)).isEqualTo(bytes);
            return SIZE;
        });
        return List.of(sending, receiving);
    }

    /** When a connection is torn, its receiver has the beginning of the stream and no more. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void endsInAResetWhereBytesWereLost(long seed) throws Exception {
        Random random = new Random(seed);
        for (int round = 0; round < 15; round++) {
            try (Line line = new Line()) {
                Way way = random.nextBoolean() ? Way.CLIENT_TO_SERVER : Way.SERVER_TO_CLIENT;
                Direction direction = line.direction(way);
                byte[] block = Line.random(seed, 1024 * 1024);
                Future<?> sending = threads.submit(() -> {
                    OutputStream out = line.sender(way).getOutputStream();
                    while (true) {
                        out.write(block);
                    }
                });
                Future<byte[]> arrived = threads.submit(() -> Line.readToReset(line.receiver(way)));
                direction.awaitDelivered(1 + random.nextInt(SIZE / 4), SOON);
                switch (random.nextInt(4)) {
                    case 0 -> {
                        direction.swallow();
                        direction.awaitReceived(
                                Math.min(SIZE, direction.traffic().received() + 1), SOON);
                        direction.pass();
                    }
                    case 1 -> direction.reset();
                    case 2 -> direction.cutAfter(1 + random.nextInt(SIZE / 4));
                    default -> line.proxy.resetAll();
                }
                byte[] beginning = arrived.get();
                for (int i = 0; i < beginning.length; i += block.length) {
                    int end = Math.min(block.length, beginning.length - i);
                    assertThat(Arrays.copyOfRange(beginning, i, i + end)).isEqualTo(Arrays.copyOf(block, end));
                }
                assertThat((long) beginning.length)
                        .isLessThanOrEqualTo(direction.traffic().delivered());
                assertThat(sending).failsWithin(SOON).withThrowableThat().withCauseInstanceOf(SocketException.class);
            }
        }
    }
}
