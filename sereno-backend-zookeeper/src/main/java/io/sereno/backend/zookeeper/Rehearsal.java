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
 * Loads the classes that a first session needs, once in a JVM, so that the time for that does not count against the connect
 * timeout: by a session with a socket of this process, which hangs up. On a slow machine it takes seconds. Nobody logs in.
 */
final class Rehearsal implements Handle.Listener {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private Rehearsal() {}

    /**
     * Blocks for as long as connecting may take, and no longer than {@link #LONGEST}, or a moment more. What has not been loaded by then counts against the
     * connect timeout.
     */
    static void once(Connection connection, Duration connectTimeout) {
        if (!BEGUN.compareAndSet(false, true)) {
            return;
        }
        Duration limit = connectTimeout.compareTo(LONGEST) < 0 ? connectTimeout : LONGEST;
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Handle handle = connection.openUnknown("127.0.0.1:" + nobody.getLocalPort(), LONGEST, new Rehearsal());
            try {
                hearOut(nobody, limit, connection.time());
            } finally {
                // Its thread makes a pause of up to a second before it looks whether it is to end.
                connection.threads().execute(handle::abandon);
            }
        } catch (IOException e) {
            System.getLogger(Rehearsal.class.getName())
                    .log(Level.DEBUG, "no socket for a rehearsal; the first connect is the slower for it", e);
        }
    }

    /** Until somebody calls and has said a word, for so long at most. */
    static void hearOut(ServerSocket nobody, Duration limit, TimeSource time) throws IOException {
        long began = time.nanoTime();
        nobody.setSoTimeout(millis(limit));
        try (Socket caller = nobody.accept()) {
            caller.setSoTimeout(millis(limit.minusNanos(time.nanoTime() - began)));
            caller.getInputStream().read();
        }
    }

    /** At least one, since zero is for ever. */
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
