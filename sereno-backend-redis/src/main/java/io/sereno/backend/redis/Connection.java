package io.sereno.backend.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.AsyncCloseable;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One connection to one process of a server. It is never made again: when it ends, all that is under way on it fails. */
final class Connection {
    private final StatefulRedisConnection<String, byte[]> lettuce;
    private final Script script;
    private final ServerFacts server;
    private final List<byte[]> head;
    private final AtomicBoolean closed = new AtomicBoolean();
    /** What the first call found. Written before anybody else has this connection. */
    private volatile Duration clockBehind = Duration.ZERO;

    /** @param begin when the process began, for the script; 0 where that says nothing */
    Connection(
            StatefulRedisConnection<String, byte[]> lettuce,
            Script script,
            ServerFacts server,
            long begin,
            int logLength) {
        this.lettuce = lettuce;
        this.script = script;
        this.server = server;
        this.head = List.of(Requests.bytes(server.runId() + " " + begin), Requests.bytes(logLength));
    }

    ServerFacts server() {
        return server;
    }

    Connection began(Replies.Tick first) {
        clockBehind = first.clockBehind();
        return this;
    }

    /** How far the server's clock was behind the revisions of the namespace when this connection was made. */
    Duration clockBehind() {
        return clockBehind;
    }

    /** As far as is known: where a server does not tell its process, no two are said to differ. */
    boolean isToAnotherProcessThan(Connection other) {
        String mine = server.runId();
        String its = other.server.runId();
        return !mine.isEmpty() && !its.isEmpty() && !mine.equals(its);
    }

    /** Runs the action when the connection has ended, or at once if it has. It may run twice. */
    void onEnd(Runnable action) {
        lettuce.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                action.run();
            }
        });
        if (!lettuce.isOpen()) {
            action.run();
        }
    }

    /** Runs the script, once. A server that does not know it has done nothing, and is sent its text. */
    CompletionStage<List<Object>> run(String operation, List<byte[]> arguments) {
        byte[][] values = Stream.of(List.of(Requests.bytes(operation)), head, arguments)
                .flatMap(List::stream)
                .toArray(byte[][]::new);
        return send(() -> lettuce.async()
                        .<List<Object>>evalsha(script.digest(), ScriptOutputType.MULTI, script.keys(), values))
                .exceptionallyCompose(failure -> Errors.unwrap(failure) instanceof RedisNoScriptException
                        ? sendText(values)
                        : CompletableFuture.failedFuture(failure));
    }

    private CompletionStage<List<Object>> sendText(byte[][] values) {
        return send(() -> lettuce.async()
                        .<List<Object>>eval(script.text(), ScriptOutputType.MULTI, script.keys(), values))
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        Errors.mayNotSendScripts(failure)
                                ? Errors.scriptNotLoaded(script.digest(), failure)
                                : failure));
    }

    /** Entries of the log behind an id; waits for the first one so long, and then answers none. */
    @SuppressWarnings("unchecked") // an array of one stream, made and read by Lettuce
    CompletionStage<List<StreamMessage<String, byte[]>>> readLog(String behind, Duration wait, int most) {
        return send(() -> lettuce.async()
                .xread(
                        XReadArgs.Builder.block(Math.max(1, wait.toMillis())).count(most),
                        StreamOffset.from(script.logKey(), behind)));
    }

    CompletionStage<Map<String, String>> settings(String pattern) {
        return send(() -> lettuce.async().configGet(pattern));
    }

    /** Also for one that has ended: the client keeps it in mind until it is closed. Of a second time Lettuce would warn. */
    void close() {
        if (closed.compareAndSet(false, true)) {
            end(lettuce);
        }
    }

    /** Nobody waits for the end of a connection: it is gone, or will be. */
    static void end(AsyncCloseable connection) {
        CompletableFuture<Void> unused = connection.closeAsync();
    }

    /** Lettuce throws where it sees at once that it cannot send, and an Error where a class of it does not load. */
    static <T> CompletionStage<T> send(Supplier<? extends CompletionStage<T>> command) {
        try {
            return command.get();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
