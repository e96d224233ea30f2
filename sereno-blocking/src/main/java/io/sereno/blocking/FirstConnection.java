package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Waits for the first connection as long as the configuration allows. */
final class FirstConnection<C> {
    private final Connections<C> connections;
    private final Work<? super C, ?> first;
    private final CompletableFuture<C> result = new CompletableFuture<>();
    private volatile @Nullable C opened;

    FirstConnection(Connections<C> connections, Work<? super C, ?> first) {
        this.connections = connections;
        this.first = first;
    }

    /** Blocks for the limit at most. */
    C await(TimeSource time, Duration limit) {
        String where = connections.where();
        Runnable cancel = time.schedule(
                limit,
                Runnable::run,
                () -> giveUp("no answer from " + where + " within " + limit.toMillis() + " ms", null));
        connections.thread("connect", () -> connect(limit)).start();
        try {
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            giveUp("interrupted while connecting to " + where, e);
            return end();
        } catch (ExecutionException e) {
            return end();
        } finally {
            cancel.run();
        }
    }

    /** What the result is by now. */
    private C end() {
        try {
            return result.join();
        } catch (CompletionException e) {
            throw connections.notConnected(e.getCause() == null ? e : e.getCause());
        }
    }

    private void giveUp(String why, @Nullable Throwable cause) {
        boolean isFirst = result.completeExceptionally(new BackendException(Outcome.NOT_APPLIED, false, why, cause));
        C connection = opened;
        if (isFirst && connection != null) {
            connections.abort(connection);
        }
    }

    private void connect(Duration limit) {
        C connection = null;
        boolean taken = false;
        try {
            connection = connections.open(limit);
            opened = connection;
            if (!result.isDone()) {
                Object unused = first.on(connection);
                taken = result.complete(connection);
            }
        } catch (Exception | Error e) {
            result.completeExceptionally(e);
        } finally {
            if (connection != null && !taken) {
                connections.close(connection);
            }
        }
    }
}
