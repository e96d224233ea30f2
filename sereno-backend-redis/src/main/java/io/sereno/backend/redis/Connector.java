package io.sereno.backend.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes connections to the server that holds the namespace, and identifies the server on each. */
final class Connector {
    /** The layout number of what is stored; docs/spec.md says what raises it. */
    private static final int LAYOUT = 2;

    /** The script converts this layout when no client of it has a session. */
    private static final String FORMER_LAYOUT = "1";

    private final Function<RedisURI, CompletableFuture<Line>> dialling;
    private final Address address;
    private final Script script;
    private final TimeSource time;
    private final Locator locator;

    private Connector(
            LettuceClient client,
            Function<RedisURI, CompletableFuture<Line>> dialling,
            Address address,
            Script script,
            TimeSource time) {
        this.dialling = dialling;
        this.address = address;
        this.script = script;
        this.time = time;
        this.locator = new Locator(client, address, this::dial, time);
    }

    static Connector forCalls(LettuceClient client, Address address, Script script, TimeSource time) {
        return new Connector(client, server -> Line.forCalls(client, server), address, script, time);
    }

    /** Makes connections that may subscribe to channels. */
    static Connector forNotices(LettuceClient client, Address address, Script script, TimeSource time) {
        return new Connector(client, server -> Line.forNotices(client, server), address, script, time);
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

    private CompletionStage<Connection> dial(InetSocketAddress server, Duration timeout) {
        String name = server.getHostString() + ":" + server.getPort();
        return dialling.apply(address.server(server, timeout))
                .thenCompose(line -> {
                    CompletableFuture<Connection> entered = identify(line).toCompletableFuture();
                    // Lettuce's timeout ends here. Without a timer, a server that falls silent now would keep its
                    // connection forever.
                    Runnable timer = failLater(entered, name, timeout);
                    return entered.whenComplete((connection, failure) -> {
                        timer.run();
                        if (failure != null) {
                            line.end();
                        }
                    });
                })
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(failureOf(name, failure)));
    }

    private CompletionStage<Connection> identify(Line line) {
        return line.lettuce()
                .async()
                .info()
                .thenApply(ServerFacts::parse)
                .exceptionallyCompose(failure -> Errors.unwrap(failure) instanceof RedisCommandExecutionException
                                && Errors.meaning(failure) != Errors.Meaning.ELSEWHERE
                        ? CompletableFuture.completedFuture(ServerFacts.UNKNOWN)
                        : CompletableFuture.failedFuture(failure))
                .thenCompose(facts -> begin(line, facts));
    }

    /**
     * Runs the script once. So the script notices a new process at once, and ttls start again then, and not at the
     * first call, which may come much later. Missing rights, or a layout that this version does not know, are reported
     * now too.
     */
    private CompletionStage<Connection> begin(Line line, ServerFacts facts) {
        if (facts.isReplica()) {
            throw new IllegalStateException("it is a replica, and reads and writes belong to the primary");
        }
        // In a Cluster the entries may come from another node, which has another clock.
        long begin = address.form() == Address.Form.CLUSTER ? 0 : facts.beganMicros();
        Connection connection = new Connection(line, script, facts, begin);
        return connection.run("tick", Requests.firstTick(LAYOUT)).thenApply(reply -> {
            Replies.otherLayout(reply).ifPresent(this::refuse);
            Replies.refusal(reply).ifPresent(why -> {
                throw Limits.refused("Redis on " + address + " refuses to publish changes: " + why
                        + ". docs/redis.md lists the rights that a user needs, and the versions of the"
                        + " server");
            });
            return connection.began(Replies.tick(reply));
        });
    }

    private void refuse(String found) {
        String namespace = "the namespace at Redis on " + address + " has ";
        if (found.equals(FORMER_LAYOUT)) {
            throw Limits.refused(
                    namespace + "layout " + found + ", and clients of a former version of Sereno have sessions"
                            + " there; stop them, and connect again when their sessions have ended. docs/redis.md, 'What is"
                            + " stored', says how to end them by hand");
        }
        throw Limits.refused(namespace
                + (found.matches("[0-9]{1,9}")
                        ? "layout " + found + ", and this version of Sereno knows layout " + LAYOUT
                                + "; use the version of Sereno that the other clients use"
                        : "no layout of Sereno; another program wrote it"));
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
