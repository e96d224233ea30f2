package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.tck.proxy.Line.Way;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests each mode on an open connection, in one direction at a time, while the other direction passes. */
@Timeout(120)
class ModesTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int MUCH = 64 * 1024 * 1024; // more than the kernels' buffers on the way can take

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Line line;

    @BeforeEach
    void connect() throws Exception {
        line = new Line();
    }

    @AfterEach
    void disconnect() throws Exception {
        line.close();
        threads.shutdownNow();
    }

    private void send(Way way, byte[] bytes) throws Exception {
        line.sender(way).getOutputStream().write(bytes);
    }

    private byte[] receive(Way way, int size) throws Exception {
        return Line.read(line.receiver(way), size);
    }

    private Future<?> sendAside(Way way, byte[] bytes) {
        return threads.submit(() -> {
            send(way, bytes);
            return bytes.length;
        });
    }

    private void assertPasses(Way way) throws Exception {
        send(way, Line.random(7, 5000));
        assertThat(receive(way, 5000)).isEqualTo(Line.random(7, 5000));
    }

    private byte[] readToReset(Way way) throws Exception {
        return Line.readToReset(line.receiver(way));
    }

    @Nested
    class Hold {
        @ParameterizedTest
        @EnumSource(Way.class)
        void keepsBytesAndDeliversThemInOrderOnHeal(Way way) throws Exception {
            assertPasses(way);
            line.direction(way).hold();
            for (int i = 0; i < 10; i++) {
                send(way, Line.random(i, 100 * i));
            }
            line.direction(way).awaitHeld(4500, SOON);
            assertThat(line.direction(way).traffic()).isEqualTo(new Traffic(9500, 5000, 4500));
            assertPasses(way.back());

            line.proxy.heal();
            for (int i = 0; i < 10; i++) {
                assertThat(receive(way, 100 * i)).isEqualTo(Line.random(i, 100 * i));
            }
            assertPasses(way);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void letsNothingThroughFromTheMomentItReturns(Way way) throws Exception {
            for (int round = 0; round < 20; round++) {
                try (Line fast = new Line()) {
                    Future<?> sending = threads.submit(() -> {
                        OutputStream out = fast.sender(way).getOutputStream();
                        byte[] bytes = Line.random(1, 1000);
                        while (true) {
                            out.write(bytes);
                        }
                    });
                    Future<byte[]> arrived = threads.submit(() -> Line.readToReset(fast.receiver(way)));
                    Direction direction = fast.direction(way);
                    direction.awaitDelivered(50_000L * round, SOON);

                    direction.hold();
                    long delivered = direction.traffic().delivered();
                    direction.awaitHeld(1000, SOON); // later ones have come in
                    assertThat(direction.traffic().delivered()).isEqualTo(delivered);
                    fast.proxy.resetAll();
                    assertThat(arrived.get().length).isLessThanOrEqualTo((int) delivered);
                    assertThat(sending)
                            .failsWithin(SOON)
                            .withThrowableThat()
                            .withCauseInstanceOf(SocketException.class);
                }
            }
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void keepsTheEndOfTheStreamToo(Way way) throws Exception {
            line.direction(way).hold();
            send(way, Line.random(1, 100));
            line.sender(way).shutdownOutput();
            line.direction(way).awaitHeld(100, SOON);
            assertThat(line.direction(way).traffic().delivered()).isZero();
            line.direction(way).pass();
            assertThat(Line.readToEnd(line.receiver(way))).isEqualTo(Line.random(1, 100));
            assertPasses(way.back());
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void neverDeliversWhatAResetFollows(Way way) throws Exception {
            line.direction(way).hold();
            send(way, Line.random(1, 100));
            line.sender(way).shutdownOutput();
            line.direction(way).awaitHeld(100, SOON);
            line.proxy.resetAll();
            assertThat(readToReset(way)).isEmpty();
            assertThat(line.direction(way).traffic()).isEqualTo(new Traffic(100, 0, 0));
            assertThat(line.direction(way).traffic().dropped()).isEqualTo(100);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void deliversWhatACrashedSenderLeftAndThenTheReset(Way way) throws Exception {
            line.direction(way).hold();
            send(way, Line.random(1, 100));
            line.direction(way).awaitHeld(100, SOON);
            Line.crash(line.sender(way));
            line.proxy.heal();
            assertThat(readToReset(way)).isEqualTo(Line.random(1, 100));
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void keepsABoundedAmountAndThenStopsTheSender(Way way) throws Exception {
            byte[] bytes = Line.random(1, MUCH);
            line.direction(way).hold();
            Future<?> sending = sendAside(way, bytes);
            line.direction(way).awaitHeld(Pipe.LIMIT - 10_000, SOON);
            assertPasses(way.back());
            assertThat(line.direction(way).traffic().held()).isLessThan(Pipe.LIMIT + 64 * 1024);
            assertThat(sending).isNotDone();

            line.direction(way).pass();
            assertThat(receive(way, MUCH)).isEqualTo(bytes);
            sending.get();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void ofBothDirectionsIsAPartitionThatHealsWithoutALoss(Way way) throws Exception {
            line.proxy.hold();
            send(way, Line.random(1, 100));
            send(way.back(), Line.random(2, 200));
            line.direction(way).awaitHeld(100, SOON);
            line.direction(way.back()).awaitHeld(200, SOON);
            line.proxy.heal();
            assertThat(receive(way, 100)).isEqualTo(Line.random(1, 100));
            assertThat(receive(way.back(), 200)).isEqualTo(Line.random(2, 200));
        }
    }

    @Nested
    class Delay {
        private static final Duration DELAY = Duration.ofMillis(300);

        @ParameterizedTest
        @EnumSource(Way.class)
        void deliversEachByteThisMuchLaterAndInOrder(Way way) throws Exception {
            int count = 20;
            line.direction(way).delay(DELAY);
            long[] sent = new long[count];
            for (int i = 0; i < count; i++) {
                sent[i] = System.nanoTime();
                send(way, Line.random(i, 100));
                line.direction(way).awaitReceived(100L * (i + 1), SOON);
            }
            for (int i = 0; i < count; i++) {
                assertThat(receive(way, 100)).isEqualTo(Line.random(i, 100));
                assertThat(Duration.ofNanos(System.nanoTime() - sent[i])).isBetween(DELAY, DELAY.plus(SOON));
            }
            long ended = System.nanoTime();
            line.sender(way).shutdownOutput();
            assertThat(Line.readToEnd(line.receiver(way))).isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - ended)).isBetween(DELAY, DELAY.plus(SOON));
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void ofOneDirectionLeavesTheOtherAlone(Way way) throws Exception {
            line.direction(way).delay(Duration.ofHours(1));
            send(way, Line.random(1, 100));
            assertPasses(way.back());
            line.direction(way).awaitHeld(100, SOON);
            assertThat(line.direction(way).traffic()).isEqualTo(new Traffic(100, 0, 100));
            line.direction(way).pass();
            assertThat(receive(way, 100)).isEqualTo(Line.random(1, 100));
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void letsMegabytesBeUnderWayAndThenStopsTheSender(Way way) throws Exception {
            byte[] bytes = Line.random(1, MUCH);
            line.direction(way).delay(Duration.ofHours(1));
            Future<?> sending = sendAside(way, bytes);
            line.direction(way).awaitHeld(3_000_000, SOON);
            assertPasses(way.back());
            assertThat(line.direction(way).traffic().held()).isLessThan(Pipe.LIMIT_UNDER_WAY + 64 * 1024);
            assertThat(sending).isNotDone();
            line.direction(way).pass();
            assertThat(receive(way, MUCH)).isEqualTo(bytes);
            sending.get();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void countsFromTheArrivalOfAByteAlsoWhenItIsSetLater(Way way) throws Exception {
            Direction direction = line.direction(way);
            direction.hold();
            send(way, Line.random(1, 100));
            direction.awaitHeld(100, SOON);
            assertThatThrownBy(() -> direction.awaitHeld(101, DELAY)).isInstanceOf(TimeoutException.class);
            direction.delay(DELAY); // which has passed
            assertThat(direction.traffic()).isEqualTo(new Traffic(100, 100, 0));
        }
    }

    @Nested
    class Throttle {
        @ParameterizedTest
        @CsvSource({
            "CLIENT_TO_SERVER, 20000, 10000", "SERVER_TO_CLIENT, 20000, 10000",
            "CLIENT_TO_SERVER, 2000000, 1000000", "SERVER_TO_CLIENT, 2000000, 1000000",
            "CLIENT_TO_SERVER, 20, 10", "SERVER_TO_CLIENT, 20, 10",
        })
        void isNeverFasterThanTheRate(Way way, long rate, int size) throws Exception {
            line.direction(way).throttle(rate);
            long begin = System.nanoTime();
            byte[] bytes = Line.random(1, size);
            Future<?> sending = sendAside(way, bytes);
            assertThat(receive(way, size)).isEqualTo(bytes);
            long step = Math.max(1, rate / 50);
            Duration least = Duration.ofNanos((size - 2 * step) * 1_000_000_000L / rate);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(least, least.plus(SOON));
            sending.get();
            assertPasses(way.back());
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void takesAnyRateThatALongCanHold(Way way) throws Exception {
            line.direction(way).throttle(Long.MAX_VALUE);
            byte[] bytes = Line.random(1, 5_000_000);
            Future<?> sending = sendAside(way, bytes);
            assertThat(receive(way, bytes.length)).isEqualTo(bytes);
            sending.get();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void passesTheEndOfTheStreamBehindTheBytes(Way way) throws Exception {
            line.direction(way).throttle(10_000);
            send(way, Line.random(1, 2000));
            line.sender(way).shutdownOutput();
            assertThat(Line.readToEnd(line.receiver(way))).isEqualTo(Line.random(1, 2000));
        }
    }

    @Nested
    class Swallow {
        @ParameterizedTest
        @EnumSource(Way.class)
        void losesBytesAndResetsTheConnectionBeforeAnotherOneCouldPass(Way way) throws Exception {
            assertPasses(way);
            line.direction(way).swallow();
            send(way, Line.random(1, 1000));
            line.direction(way).awaitReceived(6000, SOON);
            assertThat(line.direction(way).traffic()).isEqualTo(new Traffic(6000, 5000, 0));
            assertPasses(way.back());

            line.proxy.heal();
            assertThat(readToReset(way)).isEmpty();
            assertThat(readToReset(way.back())).isEmpty();
            assertThat(line.direction(way).traffic()).isEqualTo(new Traffic(6000, 5000, 0));
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void neverStopsTheSender(Way way) throws Exception {
            line.direction(way).swallow();
            send(way, new byte[MUCH]);
            line.direction(way).awaitReceived(MUCH, SOON);
            assertThat(line.direction(way).traffic().dropped()).isEqualTo(MUCH);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void leavesAConnectionThatLostNothingAlone(Way way) throws Exception {
            line.direction(way).swallow();
            assertPasses(way.back());
            line.direction(way).pass();
            assertPasses(way);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void takesWhatWasHeld(Way way) throws Exception {
            line.direction(way).hold();
            send(way, Line.random(1, 1000));
            line.direction(way).awaitHeld(1000, SOON);
            line.direction(way).swallow();
            assertThat(line.direction(way).traffic().dropped()).isEqualTo(1000);
            line.direction(way).pass();
            assertThat(readToReset(way)).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void takesTheEndOfAStreamSoThatTheReceiverIsLeftBelieving(Way way) throws Exception {
            line.direction(way).swallow();
            line.sender(way).shutdownOutput();
            assertPasses(way.back());
            line.direction(way).swallow(); // again: nothing changes
            assertPasses(way.back());
            line.direction(way).pass();
            assertThat(readToReset(way)).isEmpty();
            assertThat(readToReset(way.back())).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void ofOneDirectionResetsBeforeTheOtherDeliversWhatItHolds(Way way) throws Exception {
            line.direction(way).swallow();
            line.direction(way.back()).hold();
            send(way, new byte[100]);
            send(way.back(), new byte[100]);
            line.direction(way).awaitReceived(100, SOON);
            line.direction(way.back()).awaitHeld(100, SOON);
            line.proxy.heal();
            assertThat(readToReset(way)).isEmpty();
            assertThat(readToReset(way.back())).isEmpty();
        }
    }

    @Nested
    class Reset {
        @ParameterizedTest
        @EnumSource(Way.class)
        void comesInPlaceOfTheNextByte(Way way) throws Exception {
            assertPasses(way);
            line.direction(way).reset();
            assertPasses(way.back());
            send(way, new byte[1]);
            assertThat(readToReset(way)).isEmpty();
            assertThat(readToReset(way.back())).isEmpty();
            assertThat(line.direction(way).traffic().delivered()).isEqualTo(5000);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void comesInPlaceOfTheEndOfTheStream(Way way) throws Exception {
            line.direction(way).reset();
            line.sender(way).shutdownOutput();
            assertThat(readToReset(way)).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void comesAtOnceWhenSomethingIsHeld(Way way) throws Exception {
            line.direction(way).hold();
            send(way, new byte[1]);
            line.direction(way).awaitHeld(1, SOON);
            line.direction(way).reset();
            assertThat(line.proxy.connections()).isEmpty();
            assertThat(readToReset(way)).isEmpty();
        }
    }

    @Nested
    class Cut {
        @ParameterizedTest
        @CsvSource({
            "CLIENT_TO_SERVER, 1", "SERVER_TO_CLIENT, 1",
            "CLIENT_TO_SERVER, 1000", "SERVER_TO_CLIENT, 1000",
            "CLIENT_TO_SERVER, 300001", "SERVER_TO_CLIENT, 300001",
            "CLIENT_TO_SERVER, 20000000", "SERVER_TO_CLIENT, 20000000",
        })
        void deliversExactlySoManyBytes(Way way, int count) throws Exception {
            assertPasses(way);
            byte[] bytes = Line.random(1, count + 100_000);
            line.direction(way).cutAfter(count);
            Future<?> sending = sendAside(way, bytes);
            assertThat(readToReset(way)).isEqualTo(Arrays.copyOf(bytes, count));
            assertThat(line.direction(way).traffic().delivered()).isEqualTo(5000L + count);
            line.proxy.awaitNoConnection(SOON);
            // a socket reports its reset once: to the write that was under way, or else to the next read
            try {
                sending.get();
                assertThat(readToReset(way.back())).isEmpty();
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(SocketException.class);
            }
        }

        /**
         * Its window is smaller than the bytes under way when the cut is due, and stays shut for longer than resets
         * wait.
         */
        @ParameterizedTest
        @EnumSource(Way.class)
        void deliversThemAllToAReceiverThatIsSlow(Way way) throws Exception {
            int count = 60_000;
            byte[] bytes = Line.random(1, count + 1000);
            line.direction(way).cutAfter(count);
            try (Line.Pair pair = line.connectWithReceiveBuffers(8192)) {
                Future<?> sending = threads.submit(() -> {
                    pair.sender(way).getOutputStream().write(bytes);
                    return bytes.length;
                });
                line.direction(way).awaitDelivered(count, SOON);
                Duration longer = Side.DRAIN.multipliedBy(3);
                assertThatThrownBy(() -> line.direction(way).awaitDelivered(count + 1, longer))
                        .isInstanceOf(TimeoutException.class);
                assertThat(Line.readToReset(pair.receiver(way))).isEqualTo(Arrays.copyOf(bytes, count));
                sending.get();
            }
        }

        @Test
        void isNoticedInTheEndByAReceiverThatNeverReads() throws Exception {
            line.proxy.serverToClient().cutAfter(60_000);
            try (Line.Pair pair = line.connectWithReceiveBuffers(8192)) {
                pair.sender(Way.SERVER_TO_CLIENT).getOutputStream().write(new byte[61_000]);
                line.proxy.serverToClient().awaitDelivered(60_000, SOON);
                assertThat(line.proxy.connections()).hasSize(2);
                line.proxy.connections().get(0).reset();
                line.proxy.awaitNoConnection(SOON);
                assertThat(Line.readToReset(pair.receiver(Way.SERVER_TO_CLIENT)))
                        .hasSizeLessThan(60_000);
            }
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void countsForEachConnectionForItself(Way way) throws Exception {
            line.direction(way).cutAfter(10);
            send(way, new byte[9]);
            assertThat(receive(way, 9)).hasSize(9);
            try (Socket client = line.connect();
                    Socket server = line.accept()) {
                Socket sender = way == Way.CLIENT_TO_SERVER ? client : server;
                Socket receiver = way == Way.CLIENT_TO_SERVER ? server : client;
                sender.getOutputStream().write(new byte[11]);
                assertThat(Line.readToReset(receiver)).hasSize(10);
            }
            send(way, new byte[1]);
            assertThat(readToReset(way)).hasSize(1);
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void isNoneWhenTheStreamEndsBefore(Way way) throws Exception {
            line.direction(way).cutAfter(10);
            send(way, new byte[9]);
            line.sender(way).shutdownOutput();
            assertThat(Line.readToEnd(line.receiver(way))).hasSize(9);
            assertPasses(way.back());
        }

        @ParameterizedTest
        @EnumSource(Way.class)
        void countsWhatWasHeld(Way way) throws Exception {
            line.direction(way).hold();
            byte[] bytes = Line.random(1, 100_000);
            send(way, bytes);
            line.direction(way).awaitHeld(100_000, SOON);
            line.direction(way).cutAfter(99_999);
            assertThat(readToReset(way)).isEqualTo(Arrays.copyOf(bytes, 99_999));
        }
    }
}
