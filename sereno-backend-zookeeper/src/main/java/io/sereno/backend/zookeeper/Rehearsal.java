package io.sereno.backend.zookeeper;

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
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private Rehearsal() {}

    static void once(Connection connection) {
        if (!BEGUN.compareAndSet(false, true)) {
            return;
        }
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody.setSoTimeout((int) LIMIT.toMillis());
            Handle handle = connection.openUnknown("127.0.0.1:" + nobody.getLocalPort(), LIMIT, new Rehearsal());
            try (Socket caller = nobody.accept()) {
                caller.setSoTimeout((int) LIMIT.toMillis());
                caller.getInputStream().read();
            } finally {
                // Its thread makes a pause of up to a second before it looks whether it is to end.
                connection.threads().execute(handle::abandon);
            }
        } catch (IOException e) {
            System.getLogger(Rehearsal.class.getName())
                    .log(Level.DEBUG, "no socket for a rehearsal; the first connect is the slower for it", e);
        }
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
