package io.sereno.backend.zookeeper;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Asks the server to end a lease's session: on the session's own handle first and, if the connection breaks, on further
 * ones, until the server has confirmed the end or the session expires without further contact. Ending a session twice is
 * harmless.
 */
final class SessionEnd implements Handle.Listener {
    private final Connection connection;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /** Whether a handle is asking now. Guarded by this. */
    private boolean asking;

    SessionEnd(Connection connection) {
        this.connection = connection;
    }

    /** Completed when the server confirms the end. */
    CompletableFuture<Void> gone() {
        return gone;
    }

    /** The session is known to have ended, or never to have begun. */
    void isGone() {
        gone.complete(null);
    }

    /** Asks on this handle. Nothing can be sent on it afterwards. Does nothing if another request is under way. */
    void ask(Handle on) {
        if (begin()) {
            Call.followWithoutCall(on, on.end().thenAccept(answer -> answered(on, answer.code())));
        }
    }

    private synchronized boolean begin() {
        boolean first = !asking && !gone.isDone();
        asking |= first;
        return first;
    }

    private synchronized void pause() {
        asking = false;
    }

    private void answered(Handle on, Code code) {
        connection.release(on);
        pause();
        // Without an id no session is known. If there is one, it expires.
        if (code == Code.OK || on.getSessionId() == 0) {
            isGone();
        } else if (!connection.isClosed() && begin()) {
            try {
                connection.reopen(on, connection.hosts(), this, opened -> {});
            } catch (IOException | RuntimeException e) {
                // The session expires by itself.
                pause();
            }
        }
    }

    @Override
    public void connected(Handle which) {
        Call.followWithoutCall(which, which.end().thenAccept(answer -> answered(which, answer.code())));
    }

    @Override
    public void disconnected(Handle which) {}

    @Override
    public void ended(Handle which, boolean refused) {
        connection.release(which);
        isGone();
    }

    @Override
    public void changed(String path, long zxid) {}
}
