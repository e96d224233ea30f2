package io.sereno.backend.zookeeper;

import io.sereno.spi.TimeSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Loads the classes that a first session needs, once in a JVM, by a session with a local socket, which closes the
 * connection. So the time for loading, seconds on a slow machine, does not count against the connect timeout. No
 * credentials are sent.
 */
final class WarmUp implements Handle.Listener {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private WarmUp() {}

    /**
     * Blocks for little more than the connect timeout or {@link #LONGEST}, whichever is shorter. The time for classes
     * that are not loaded by then counts against the connect timeout.
     */
    static void once(Connection connection, Duration connectTimeout) {
        if (!BEGUN.compareAndSet(false, true)) {
            return;
        }
        Duration limit = connectTimeout.compareTo(LONGEST) < 0 ? connectTimeout : LONGEST;
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Handle handle = connection.openUnknown("127.0.0.1:" + nobody.getLocalPort(), LONGEST, new WarmUp());
            try {
                acceptOne(nobody, limit, connection.time());
            } finally {
                // Its thread pauses for up to a second before it checks whether it is to end.
                connection.threads().execute(handle::abandon);
            }
        } catch (IOException e) {
            System.getLogger(WarmUp.class.getName())
                    .log(Level.DEBUG, "no socket for the warm-up; the first connect will be slower", e);
        }
    }

    /** Accepts one connection and waits until it has sent a byte, for this long at most. */
    static void acceptOne(ServerSocket nobody, Duration limit, TimeSource time) throws IOException {
        long began = time.nanoTime();
        nobody.setSoTimeout(millis(limit));
        try (Socket caller = nobody.accept()) {
            caller.setSoTimeout(millis(limit.minusNanos(time.nanoTime() - began)));
            caller.getInputStream().read();
        }
    }

    /** At least one, since zero means no timeout. */
    private static int millis(Duration limit) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, limit.toMillis()));
    }

    @Override
    public void connected(Handle handle) {}

    @Override
    public void disconnected(Handle handle) {}

    @Override
    public void ended(Handle handle, boolean refused) {}

    @Override
    public void changed(String path, long zxid) {}
}
