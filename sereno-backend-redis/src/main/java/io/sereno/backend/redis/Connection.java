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

/** One connection to one server process. It is never re-established: when it ends, all calls under way on it fail. */
final class Connection {
    private final StatefulRedisConnection<String, byte[]> lettuce;
    private final Script script;
    private final ServerFacts server;
    private final List<byte[]> head;
    private final AtomicBoolean closed = new AtomicBoolean();
    /** The finding of the first call. Written before this connection is shared. */
    private volatile Duration clockBehind = Duration.ZERO;

    /** @param begin when the process began, for the script; 0 if that is meaningless */
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

    /** As far as is known: if a server does not report its process, no two count as different. */
    boolean isToAnotherProcessThan(Connection other) {
        String mine = server.runId();
        String its = other.server.runId();
        return !mine.isEmpty() && !its.isEmpty() && !mine.equals(its);
    }

    /** Runs the action when the connection ends, or at once if it has ended. It may run twice. */
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

    /** Runs the script once. If the server does not know the script, it has done nothing, and gets the text. */
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

    /** Entries of the log after an id. Waits for the first one for the given time, and then returns none. */
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

    /**
     * Also needed for a connection that has ended: the client remembers it until it is closed. Lettuce would warn about a
     * second close.
     */
    void close() {
        if (closed.compareAndSet(false, true)) {
            end(lettuce);
        }
    }

    /** Closes without waiting for the end. */
    static void end(AsyncCloseable connection) {
        CompletableFuture<Void> unused = connection.closeAsync();
    }

    /**
     * Turns exceptions into a failed stage: Lettuce throws if it sees at once that it cannot send, and an Error if one
     * of its classes does not load.
     */
    static <T> CompletionStage<T> send(Supplier<? extends CompletionStage<T>> command) {
        try {
            return command.get();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
