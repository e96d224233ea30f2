package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final Duration LIMIT = Duration.ofMillis(300);
    /** Before, it was waited for 10 s for each of the two. */
    private static final Duration MUCH_LONGER = Duration.ofSeconds(8);

    private final RealTime time = new RealTime();

    @Test
    void aWarmUpWithoutAConnectionEndsInTime() throws IOException {
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatItEndsInTime(nobody);
        }
    }

    @Test
    void aConnectionThatSendsNothingIsWaitedForNoLonger() throws IOException {
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket caller = new Socket(nobody.getInetAddress(), nobody.getLocalPort())) {
            assertThat(caller.isConnected()).isTrue();
            assertThatItEndsInTime(nobody);
        }
    }

    private void assertThatItEndsInTime(ServerSocket nobody) {
        long began = time.nanoTime();
        assertThatThrownBy(() -> WarmUp.acceptOne(nobody, LIMIT, time)).isInstanceOf(SocketTimeoutException.class);
        // Timeouts of sockets are whole milliseconds, so the rest of the limit is rounded down.
        assertThat(Duration.ofNanos(time.nanoTime() - began)).isBetween(LIMIT.minusMillis(10), MUCH_LONGER);
    }
}
