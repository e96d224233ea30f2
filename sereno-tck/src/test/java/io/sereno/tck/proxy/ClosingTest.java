package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** After close() nothing of a proxy is left, whatever its peers do. */
@Timeout(120)
class ClosingTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    private static List<Thread> proxyThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("fault-proxy"))
                .toList();
    }

    @Test
    void endsInTimeThoughNoSideReadsAndAllIsHeld() throws Exception {
        try (Line line = new Line()) {
            List<Socket> sockets = new ArrayList<>();
            List<Future<?>> sending = new ArrayList<>();
            line.proxy.serverToClient().hold();
            for (int i = 0; i < 50; i++) {
                Socket client = line.connect();
                Socket server = line.accept();
                sockets.add(client);
                sockets.add(server);
                for (Socket socket : List.of(client, server)) {
                    sending.add(threads.submit(() -> {
                        while (true) {
                            socket.getOutputStream().write(new byte[100_000]);
                        }
                    }));
                }
            }
            line.proxy.acceptSilently();
            sockets.add(line.connect());
            line.proxy.serverToClient().awaitHeld(50L * Pipe.LIMIT - 50 * 10_000, SOON);
            assertThat(proxyThreads()).hasSize(1);

            long begin = System.nanoTime();
            line.proxy.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
            assertThat(proxyThreads()).isEmpty();
            for (Future<?> each : sending) {
                assertThat(each).failsWithin(SOON);
            }
            assertThatThrownBy(() -> Line.connect(line.proxy)).isInstanceOf(ConnectException.class);
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void leavesNoThreadAndNoSocketBehind() throws Exception {
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (EchoServer echo = new EchoServer()) {
            long descriptors = 0;
            for (int round = 0; round < 120; round++) {
                if (round == 20) { // what the JDK itself opens once is open by now
                    descriptors = system.getOpenFileDescriptorCount();
                }
                try (FaultProxy proxy = FaultProxy.to(echo.address());
                        Socket client = Line.connect(proxy)) {
                    client.getOutputStream().write(1);
                    assertThat(client.getInputStream().read()).isEqualTo(1);
                    if (round % 3 == 0) {
                        proxy.refuse();
                    }
                }
            }
            assertThat(system.getOpenFileDescriptorCount()).isLessThan(descriptors + 20);
            assertThat(proxyThreads()).isEmpty();
        }
    }

    @Test
    void isIdempotentAndTheSameForAllCallers() throws Exception {
        try (Line line = new Line()) {
            List<Future<?>> closing = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                closing.add(threads.submit(() -> {
                    line.proxy.close();
                    assertThat(proxyThreads()).isEmpty();
                }));
            }
            for (Future<?> each : closing) {
                each.get();
            }
            line.proxy.close();
            assertThat(Line.readToReset(line.client)).isEmpty();
            assertThat(Line.readToReset(line.server)).isEmpty();
        }
    }

    @Test
    void keepsTheInterruptOfTheCaller() throws Exception {
        try (Line line = new Line()) {
            Thread.currentThread().interrupt();
            line.proxy.close();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(proxyThreads()).isEmpty();
        }
    }

    @Test
    void endsCallsThatWaitAndRefusesLaterOnes() throws Exception {
        try (Line line = new Line()) {
            line.client.getOutputStream().write(new byte[10]);
            line.proxy.clientToServer().awaitDelivered(10, SOON);
            Future<?> waiting = threads.submit(() -> {
                line.proxy.clientToServer().awaitReceived(11, Duration.ofDays(365_000_000_000L));
                return 11;
            });
            assertThatThrownBy(() -> waiting.get(50, TimeUnit.MILLISECONDS)).hasMessage(null);
            line.proxy.close();
            assertThat(waiting)
                    .failsWithin(SOON)
                    .withThrowableThat()
                    .withCauseInstanceOf(IllegalStateException.class)
                    .withMessageContaining("is closed");

            for (Runnable call : List.<Runnable>of(
                    line.proxy::heal,
                    line.proxy::hold,
                    line.proxy::refuse,
                    line.proxy::resetAll,
                    line.proxy::connections,
                    line.proxy.clientToServer()::pass)) {
                assertThatThrownBy(call::run)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("is closed");
            }
            assertThat(line.proxy.clientToServer().traffic()).isEqualTo(new Traffic(10, 10, 0));
            assertThat(line.proxy.accepted()).isEqualTo(1);
        }
    }
}
