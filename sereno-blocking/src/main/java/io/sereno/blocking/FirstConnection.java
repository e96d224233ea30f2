package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Waits for the first connection as long as the configuration allows. */
final class FirstConnection<C> {
    private final Connections<C> connections;
    private final Work<? super C, ?> first;
    private final boolean keeps;
    private final CompletableFuture<Optional<C>> result = new CompletableFuture<>();
    /** Guarded by this: what the first work uses. */
    private @Nullable C used;

    FirstConnection(Connections<C> connections, Work<? super C, ?> first, boolean keeps) {
        this.connections = connections;
        this.first = first;
        this.keeps = keeps;
    }

    /** Blocks for the limit at most. Empty if the connection was not to be kept: it is closed. */
    Optional<C> await(TimeSource time, Duration limit) {
        String where = connections.where();
        Runnable cancel = time.schedule(
                limit,
                Runnable::run,
                () -> giveUp("no answer from " + where + " within " + limit.toMillis() + " ms", null));
        try {
            connections.threads().make("connect", () -> connect(limit)).start();
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            giveUp("interrupted while connecting to " + where, e);
            return end();
        } catch (ExecutionException e) {
            return end();
        } catch (Error e) { // No thread can be started.
            throw connections.notConnected(e);
        } finally {
            cancel.run();
        }
    }

    /** What the result is by now. */
    private Optional<C> end() {
        try {
            return result.join();
        } catch (CompletionException e) {
            throw connections.notConnected(e.getCause() == null ? e : e.getCause());
        }
    }

    private synchronized void giveUp(String why, @Nullable Throwable cause) {
        boolean isFirst = result.completeExceptionally(new BackendException(Outcome.NOT_APPLIED, false, why, cause));
        if (isFirst && used != null) {
            connections.abort(used);
        }
    }

    /** While it is used, it may be given up. */
    private synchronized void use(@Nullable C connection) {
        used = connection;
    }

    private void connect(Duration limit) {
        try {
            C connection = connections.open(limit);
            if (!greet(connection)) {
                connections.close(connection);
            }
            result.complete(Optional.empty()); // If it has not ended, the connection is not to be kept.
        } catch (Exception | Error e) {
            result.completeExceptionally(e);
        }
    }

    /** Whether it is taken. */
    private boolean greet(C connection) {
        use(connection);
        try {
            if (!result.isDone()) {
                Object unused = first.on(connection);
            }
            use(null);
            return keeps && result.complete(Optional.of(connection));
        } catch (Exception | Error e) {
            use(null);
            result.completeExceptionally(e);
            connections.abort(connection);
            return false;
        }
    }
}
