package io.sereno.testservers;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/**
 * A second handle on a client's session. It is a separate class, so that only tests that expire sessions need
 * ZooKeeper's client on their class path.
 */
final class ForeignSession {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private ForeignSession() {}

    static void end(String authority, long id, byte[] password) {
        String session = "session 0x" + Long.toHexString(id) + " on " + authority;
        if (!connectAndClose(session, authority, id, password)) {
            throw new IllegalArgumentException("no live " + session + " with this password");
        }
        // The client may have resumed its session before it was closed; the session has ended once nobody can resume
        // it.
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (connectAndClose(session, authority, id, password)) {
            if (System.nanoTime() - deadline > 0) {
                throw new TestServerException("could not end " + session + " within " + LIMIT.toSeconds() + " s");
            }
        }
    }

    /** False if the server says that the session does not exist. */
    private static boolean connectAndClose(String session, String authority, long id, byte[] password) {
        CompletableFuture<Boolean> connected = new CompletableFuture<>();
        try {
            ZooKeeper handle = new ZooKeeper(
                    authority,
                    (int) LIMIT.toMillis(),
                    event -> {
                        if (event.getState() == KeeperState.SyncConnected) {
                            connected.complete(true);
                        } else if (event.getState() == KeeperState.Expired) {
                            connected.complete(false);
                        }
                    },
                    id,
                    password);
            try {
                return connected.get(LIMIT.toNanos(), TimeUnit.NANOSECONDS);
            } finally {
                handle.close();
            }
        } catch (InterruptedException e) {
            throw TestServerException.interrupted("ending " + session);
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new TestServerException("could not reach " + session, e);
        }
    }
}
