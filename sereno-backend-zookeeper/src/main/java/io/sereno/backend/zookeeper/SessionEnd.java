package io.sereno.backend.zookeeper;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;

/**
 * The end of a lease's session, which the server is asked for: on the session's own handle first and, should the connection
 * break, on further ones, until the server has said so or its silence ends the session. Ending a session twice does no harm.
 */
final class SessionEnd implements Handle.Listener {
    private final Connection connection;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /** Whether a handle that asks is under way. Guarded by this. */
    private boolean asking;

    SessionEnd(Connection connection) {
        this.connection = connection;
    }

    /** Completed by the server's word. */
    CompletableFuture<Void> gone() {
        return gone;
    }

    /** It is known to have ended, or never to have begun. */
    void isGone() {
        gone.complete(null);
    }

    /** Nothing can be sent on the handle afterwards. While somebody asks already, nothing more is done. */
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
        // Without a session's id there is none that anybody knows of; should there be one, it ends by its time.
        if (code == Code.OK || on.getSessionId() == 0) {
            isGone();
        } else if (!connection.isClosed() && begin()) {
            try {
                connection.reopen(on, connection.hosts(), this, opened -> {});
            } catch (IOException | RuntimeException e) {
                // It ends by its time.
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
