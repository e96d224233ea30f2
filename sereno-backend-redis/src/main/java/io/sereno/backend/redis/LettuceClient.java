package io.sereno.backend.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.resolver.AddressResolverGroup;
import io.sereno.spi.BackendConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Lettuce, configured not to reconnect and not to resend calls under way by itself: Sereno does both. */
final class LettuceClient implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LettuceClient.class.getName());
    private static final int CLOSING_SECONDS = 2;

    /** Ended with this client; null if they are the application's. */
    private final @Nullable ClientResources own;

    private final RedisClient client;

    /**
     * Connections that are being closed. Lettuce forgets a connection when it has been closed. A shutdown before that would
     * close it a second time, and warn in the application's log.
     */
    private final Map<StatefulConnection<?, ?>, CompletableFuture<@Nullable Void>> closings = new ConcurrentHashMap<>();

    private final CompletableFuture<@Nullable Void> shutDown = new CompletableFuture<>();
    private volatile boolean closed;

    /**
     * Makes a client without I/O.
     *
     * @param shared those of the application; null: the client makes its own
     */
    LettuceClient(BackendConfig config, @Nullable ClientResources shared) {
        SocketKind sockets = SocketKind.chosen();
        ClientResources used = shared == null ? smallest(sockets) : shared;
        own = shared == null ? used : null;
        client = sockets.client(Handshakes.over(used, names(used, sockets)));
        ClientOptions.Builder options = ClientOptions.builder();
        MaintenanceNotices.disable(options);
        client.setOptions(options.autoReconnect(false)
                .replayFilter(command -> true)
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(config.connectTimeout())
                        .keepAlive(true)
                        .build())
                .sslOptions(tls(config))
                .build());
    }

    /** The smallest pools that Lettuce accepts. One connection carries the calls, one the notices. */
    private static ClientResources smallest(SocketKind sockets) {
        return DefaultClientResources.builder()
                .ioThreadPoolSize(DefaultClientResources.MIN_IO_THREADS)
                .computationThreadPoolSize(DefaultClientResources.MIN_COMPUTATION_THREADS)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .addressResolverGroup(Names.lookedUpBy(sockets))
                .build();
    }

    /** Without a native transport, Lettuce's default look-up of names does not work. */
    private static AddressResolverGroup<?> names(ClientResources used, SocketKind sockets) {
        return sockets.lettucesOwn() ? used.addressResolverGroup() : Names.lookedUpBy(sockets);
    }

    RedisClient client() {
        return client;
    }

    /** Closes a connection without waiting for the end. After {@link #close} the shutdown does that. */
    void end(StatefulConnection<?, ?> connection) {
        CompletableFuture<@Nullable Void> closing = new CompletableFuture<>();
        closings.put(connection, closing);
        boolean late = closed; // Read after the put: close() sets it before it looks for closings.
        CompletableFuture<?> unused = late
                ? shutDown.whenComplete((done, failure) -> closeIfOpen(connection))
                : connection.closeAsync().whenComplete((done, failure) -> closing.complete(null));
        if (late) {
            closing.complete(null);
        }
        unused = closing.whenComplete((done, failure) -> closings.remove(connection));
    }

    /** One that was made when the shutdown had begun may be open after it. */
    private static void closeIfOpen(StatefulConnection<?, ?> connection) {
        if (connection.isOpen()) {
            CompletableFuture<Void> unused = connection.closeAsync();
        }
    }

    private static SslOptions tls(BackendConfig config) {
        SslOptions.Builder options = SslOptions.builder().jdkSslProvider().handshakeTimeout(config.connectTimeout());
        config.trust().ifPresent(authorities -> options.trustManager(authorities.toFile()));
        config.certificates()
                .ifPresent(chain -> options.keyManager(
                        chain.toFile(), config.privateKey().orElseThrow().toFile(), null));
        return options.build();
    }

    /** Ends its connections, and its threads unless they are the application's. Waits a few seconds at most, even if the server hangs. */
    @Override
    public void close() {
        closed = true;
        await(CompletableFuture.allOf(closings.values().toArray(new CompletableFuture<?>[0])), CLOSING_SECONDS);
        await(
                client.shutdownAsync(0, CLOSING_SECONDS, TimeUnit.SECONDS)
                        .whenComplete((done, failure) -> shutDown.complete(null))
                        .thenCompose(done -> own == null
                                ? CompletableFuture.<@Nullable Void>completedFuture(null)
                                : stage(own.shutdown(0, CLOSING_SECONDS, TimeUnit.SECONDS))),
                2L * CLOSING_SECONDS);
    }

    private static void await(CompletableFuture<?> ended, long seconds) {
        try {
            ended.get(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(Level.WARNING, "the threads of the Redis client do not end", e);
        }
    }

    private static CompletableFuture<@Nullable Void> stage(io.netty.util.concurrent.Future<?> future) {
        CompletableFuture<@Nullable Void> stage = new CompletableFuture<>();
        future.addListener(done -> {
            if (done.isSuccess()) {
                stage.complete(null);
            } else {
                stage.completeExceptionally(done.cause());
            }
        });
        return stage;
    }
}
