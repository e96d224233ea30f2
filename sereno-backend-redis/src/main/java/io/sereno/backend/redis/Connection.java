package io.sereno.backend.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.pubsub.PubSubOutput;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One connection to one server process. It is never re-established: when it ends, all calls under way on it fail. */
final class Connection {
    private final Line line;
    private final StatefulRedisConnection<String, byte[]> lettuce;
    private final Script script;
    private final ServerFacts server;
    private final List<byte[]> head;
    private final AtomicBoolean closed = new AtomicBoolean();
    /** The answer to the first call. Written before this connection is shared. */
    private volatile Replies.@Nullable Tick first;

    /** @param begin when the process began, for the script; 0 if that is meaningless */
    Connection(Line line, Script script, ServerFacts server, long begin) {
        this.line = line;
        this.lettuce = line.lettuce();
        this.script = script;
        this.server = server;
        this.head = List.of(Requests.bytes(server.runId() + " " + begin));
    }

    ServerFacts server() {
        return server;
    }

    Connection began(Replies.Tick first) {
        this.first = first;
        return this;
    }

    /** How far the server's clock was behind the revisions of the namespace when this connection was made. */
    Duration clockBehind() {
        return firstTick().clockBehind();
    }

    Replies.Tick firstTick() {
        return Objects.requireNonNull(first, "the first tick");
    }

    /** False if one of the servers does not report its process. */
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

    /**
     * Runs the script once. If the server does not know the script, it has done nothing, and the script's text is sent.
     */
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

    /**
     * Call before subscribing. Only for a connection for notices, as the next two. Both run in a thread of the network.
     *
     * @param received gets the channel and the message
     * @param left gets a channel that is no longer subscribed to
     */
    void listen(BiConsumer<String, byte[]> received, Consumer<String> left) {
        channels().addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, byte[] message) {
                received.accept(channel, message);
            }

            @Override
            public void smessage(String channel, byte[] message) {
                received.accept(channel, message);
            }

            @Override
            public void unsubscribed(String channel, long count) {
                left.accept(channel);
            }

            @Override
            public void sunsubscribed(String channel, long count) {
                left.accept(channel);
            }
        });
    }

    /**
     * Completes when the server has confirmed the subscription. A request has one channel: Lettuce takes the first
     * confirmation for the answer, and would take further ones for the answers to later requests.
     */
    CompletionStage<?> subscribe(String channel) {
        return command(isSharded() ? CommandType.SSUBSCRIBE : CommandType.SUBSCRIBE, List.of(channel));
    }

    /** Unsubscribes. The listener is called for each channel. */
    CompletionStage<?> unsubscribe(List<String> left) {
        return command(isSharded() ? CommandType.SUNSUBSCRIBE : CommandType.UNSUBSCRIBE, left);
    }

    private boolean isSharded() {
        return firstTick().subscribe().equals(CommandType.SSUBSCRIBE.name());
    }

    private CompletionStage<?> command(CommandType command, List<String> names) {
        return send(() -> channels()
                .async()
                .dispatch(command, new PubSubOutput<>(Line.CODEC), new CommandArgs<>(Line.CODEC).addKeys(names)));
    }

    private StatefulRedisPubSubConnection<String, byte[]> channels() {
        return line.channels().orElseThrow();
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
            line.end();
        }
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
