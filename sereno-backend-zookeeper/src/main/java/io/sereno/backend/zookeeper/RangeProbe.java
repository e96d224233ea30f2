package io.sereno.backend.zookeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;

/**
 * A short session that requests a time, to see how much the server grants. ZooKeeper reports it in no other way, and silently
 * shortens a time that is too long.
 */
final class RangeProbe implements Handle.Listener {
    private final Connection connection;
    private final Call<?> call;
    private final CompletableFuture<Duration> given = new CompletableFuture<>();

    private RangeProbe(Connection connection, Call<?> call) {
        this.connection = connection;
        this.call = call;
    }

    /** Completes with the granted time. If there is no answer, the call fails or has ended. */
    static CompletableFuture<Duration> ask(Connection connection, Call<?> call, String server, Duration asked) {
        RangeProbe probe = new RangeProbe(connection, call);
        try {
            connection.openHandle(server, asked, probe, opened -> {});
        } catch (IOException | RuntimeException e) {
            call.fail(Failures.notNow(call.what() + ": " + e));
        }
        return probe.given;
    }

    @Override
    public void connected(Handle which) {
        if (given.complete(Duration.ofMillis(which.getSessionTimeout()))) {
            call.follow(which.end().thenRun(() -> connection.release(which)));
        }
    }

    @Override
    public void disconnected(Handle which) {}

    @Override
    public void ended(Handle which, boolean refused) {
        connection.release(which);
        if (!given.isDone()) {
            call.fail(Failures.ofRead(call.what(), refused ? Code.AUTHFAILED : Code.SESSIONEXPIRED));
        }
    }

    @Override
    public void changed(String path, long zxid) {}
}
