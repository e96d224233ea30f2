package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Makes connections to the server that holds the namespace, and identifies the server on each. */
final class Connector {
    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    /** The layout number of what is stored; docs/spec.md says what raises it. */
    private static final int LAYOUT = 1;

    private final RedisClient client;
    private final Address address;
    private final Script script;
    private final int logLength;
    private final TimeSource time;
    private final Locator locator;

    Connector(RedisClient client, Address address, Script script, int logLength, TimeSource time) {
        this.client = client;
        this.address = address;
        this.script = script;
        this.logLength = logLength;
        this.time = time;
        this.locator = new Locator(client, address, this::enter, time);
    }

    /**
     * Completes within the given time, with a connection on which the script has run, or a failure with NOT_APPLIED.
     */
    CompletionStage<Connection> connect(Duration timeout) {
        CompletableFuture<Connection> attempt = new CompletableFuture<>();
        Runnable timer = failLater(attempt, address.toString(), timeout);
        Connection.send(() -> locator.connect(timeout)).whenComplete((connection, failure) -> {
            timer.run();
            if (failure != null) {
                attempt.completeExceptionally(failureOf(address.toString(), failure));
            } else if (!attempt.complete(connection)) {
                connection.close();
            }
        });
        return attempt;
    }

    private Runnable failLater(CompletableFuture<?> stage, String server, Duration timeout) {
        return time.schedule(
                timeout,
                Runnable::run,
                () -> stage.completeExceptionally(unreachable(server, "no answer within " + timeout, null)));
    }

    private CompletionStage<Connection> enter(InetSocketAddress server, Duration timeout) {
        String name = server.getHostString() + ":" + server.getPort();
        return client.connectAsync(CODEC, address.server(server, timeout))
                // Lettuce's stages lack what CompletionStage has had since Java 12: exceptionallyCompose() never
                // completes.
                .toCompletableFuture()
                .thenCompose(lettuce -> {
                    CompletableFuture<Connection> entered = identify(lettuce).toCompletableFuture();
                    // Lettuce's timeout ends here. Without a timer, a server that falls silent now would keep its
                    // connection forever.
                    Runnable timer = failLater(entered, name, timeout);
                    return entered.whenComplete((connection, failure) -> {
                        timer.run();
                        if (failure != null) {
                            Connection.end(lettuce);
                        }
                    });
                })
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(failureOf(name, failure)));
    }

    private CompletionStage<Connection> identify(StatefulRedisConnection<String, byte[]> lettuce) {
        return lettuce.async()
                .info()
                .thenApply(ServerFacts::parse)
                .exceptionallyCompose(failure -> Errors.unwrap(failure) instanceof RedisCommandExecutionException
                                && Errors.meaning(failure) != Errors.Meaning.ELSEWHERE
                        ? CompletableFuture.completedFuture(ServerFacts.UNKNOWN)
                        : CompletableFuture.failedFuture(failure))
                .thenCompose(facts -> begin(lettuce, facts));
    }

    /**
     * Runs the script once. So the script notices a new process at once, and ttls start again then, not at the first call, which may come much
     * later. And missing rights, or a layout that this version does not know, are reported now.
     */
    private CompletionStage<Connection> begin(StatefulRedisConnection<String, byte[]> lettuce, ServerFacts facts) {
        if (facts.isReplica()) {
            throw new IllegalStateException("it is a replica, and reads and writes belong to the primary");
        }
        // In a Cluster the entries may come from another node, which has another clock.
        long begin = address.form() == Address.Form.CLUSTER ? 0 : facts.beganMicros();
        Connection connection = new Connection(lettuce, script, facts, begin, logLength);
        List<byte[]> who = List.of(Requests.bytes(facts.replicationId()), Requests.bytes(LAYOUT));
        return connection.run("tick", who).thenApply(reply -> {
            Replies.otherLayout(reply).ifPresent(found -> {
                throw Limits.refused("the namespace at Redis on " + address + " has "
                        + (found.matches("[0-9]{1,9}")
                                ? "layout " + found + ", and this version of Sereno knows layout " + LAYOUT
                                        + "; use the version of Sereno that the other clients use"
                                : "no layout of Sereno; another program wrote it"));
            });
            return connection.began(Replies.tick(reply));
        });
    }

    private static BackendException failureOf(String server, Throwable failure) {
        Throwable cause = Errors.unwrap(failure);
        if (cause instanceof BackendException already) {
            return already;
        }
        StringBuilder why = new StringBuilder(String.valueOf(cause.getMessage()));
        for (Throwable deeper = cause.getCause(); deeper != null; deeper = deeper.getCause()) {
            why.append(": ").append(deeper.getMessage());
            cause = deeper instanceof RedisCommandExecutionException ? deeper : cause;
        }
        return unreachable(server, why + Errors.advice(cause), cause);
    }

    private static BackendException unreachable(String server, String why, @Nullable Throwable cause) {
        return new BackendException(
                Outcome.NOT_APPLIED,
                cause != null && Errors.meaning(cause) == Errors.Meaning.REFUSED,
                "no connection to Redis at " + server + ": " + why,
                cause);
    }
}
