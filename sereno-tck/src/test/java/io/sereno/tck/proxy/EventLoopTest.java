package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventLoopTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private EventLoop loop;

    @BeforeEach
    void start() throws IOException {
        loop = new EventLoop("loop-of-a-test", () -> {}, () -> {});
        loop.start();
    }

    @AfterEach
    void end() {
        loop.close();
        threads.shutdownNow();
    }

    /** A channel that was closed by a timer keeps its socket, which still sends, until the selector has released it. */
    @Test
    void afterAWaitForAnEndTheSocketIsClosedWithoutAnotherRoundOfTheLoop() throws Exception {
        try (ServerSocketChannel listener =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            Socket peer = new Socket();
            peer.connect(listener.getLocalAddress());
            peer.setSoTimeout((int) SOON.toMillis() / 2);
            SocketChannel channel = listener.accept();
            loop.run(() -> unchecked(() -> loop.register(channel, 0, key -> {})));
            CountDownLatch looked = new CountDownLatch(1);
            Future<?> waiting = threads.submit(() -> {
                loop.await(
                        () -> {
                            looked.countDown();
                            return !channel.isOpen();
                        },
                        SOON,
                        () -> "the end");
                return assertThatThrownBy(() -> peer.getInputStream().read()).isInstanceOf(SocketException.class);
            });
            assertThat(isCountedDown(looked)).isTrue();

            CountDownLatch lookedToo = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(1);
            Future<?> keepsTheLoop = threads.submit(() -> {
                loop.await(
                        () -> {
                            lookedToo.countDown();
                            return !channel.isOpen() && isCountedDown(done);
                        },
                        SOON,
                        () -> "the test");
                return done;
            });
            assertThat(isCountedDown(lookedToo)).isTrue();
            loop.run(() -> loop.schedule(
                    System.nanoTime(),
                    () -> unchecked(() -> {
                        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                        channel.close();
                        return channel;
                    })));
            waiting.get(SOON.toSeconds(), TimeUnit.SECONDS);
            done.countDown();
            keepsTheLoop.get(SOON.toSeconds(), TimeUnit.SECONDS);
            peer.close();
        }
    }

    private static boolean isCountedDown(CountDownLatch latch) {
        try {
            return latch.await(SOON.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Socketry {
        Object act() throws IOException;
    }

    private static void unchecked(Socketry action) {
        try {
            action.act();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
