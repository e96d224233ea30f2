package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Bad arguments are refused with the accepted ones, and a timeout reports what came instead. */
class ArgumentsTest {
    private static final InetSocketAddress NOWHERE = InetSocketAddress.createUnresolved("nowhere.invalid", 1);

    @Test
    void addressesMustBeResolvedAndTheServersHasAPort() throws Exception {
        InetSocketAddress server = Line.deserted();
        assertThatThrownBy(() -> FaultProxy.to(NOWHERE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("server address nowhere.invalid/<unresolved>:1 is not resolved");
        assertThatThrownBy(() -> FaultProxy.between(NOWHERE, server))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("listen address nowhere.invalid/<unresolved>:1 is not resolved");
        assertThatThrownBy(() -> FaultProxy.to(new InetSocketAddress(server.getAddress(), 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has port 0; 1 to 65535 is accepted");
    }

    @Test
    void amountsArePositive() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(Line.deserted())) {
            Direction direction = proxy.clientToServer();
            assertThatThrownBy(() -> direction.delay(Duration.ZERO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("delay is PT0S; more than zero and at most PT24H is accepted");
            assertThatThrownBy(() -> direction.delay(Duration.ofMillis(-1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> direction.delay(Duration.ofSeconds(Long.MAX_VALUE)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> direction.throttle(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("rate is 0 bytes a second; 1 or more is accepted");
            assertThatThrownBy(() -> direction.cutAfter(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cut is after 0 bytes; 1 or more is accepted");
            assertThatThrownBy(() -> direction.awaitHeld(1, Duration.ofMillis(-1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("timeout is PT-0.001S");
            assertThat(direction)
                    .hasToString("client to server: pass, 0 bytes received, 0 delivered, 0 held, 0 dropped");
        }
    }

    @Test
    void waitsEndWithWhatWasSeen() throws Exception {
        try (Line line = new Line()) {
            Direction direction = line.proxy.clientToServer();
            direction.hold();
            line.client.getOutputStream().write(new byte[10]);
            direction.awaitHeld(10, Duration.ofSeconds(20));
            direction.awaitHeld(10, Duration.ZERO);
            String seen = "client to server: hold, 10 bytes received, 0 delivered, 10 held, 0 dropped";
            Duration soon = Duration.ofMillis(10);
            assertThatThrownBy(() -> direction.awaitReceived(11, soon))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("awaited 11 bytes received, seen " + seen + " (waited PT0.01S)");
            assertThatThrownBy(() -> direction.awaitDelivered(1, soon))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining(seen);
            assertThatThrownBy(() -> direction.awaitHeld(11, Duration.ZERO))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining(seen);
            assertThatThrownBy(() -> line.proxy.awaitAccepted(2, soon))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("1 connections accepted");
            assertThatThrownBy(() -> line.proxy.awaitNoConnection(soon))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("awaited the end of all connections");
        }
    }
}
