package io.sereno.backend.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.sereno.spi.BackendConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Lettuce, configured not to reconnect and not to resend calls under way by itself: Sereno does both. */
final class LettuceClient implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LettuceClient.class.getName());
    private static final int CLOSING_SECONDS = 2;

    private final ClientResources resources;
    private final RedisClient client;

    LettuceClient(BackendConfig config) {
        SocketKind sockets = SocketKind.chosen();
        // The smallest pools that Lettuce accepts. One connection carries the calls, one the notices.
        resources = DefaultClientResources.builder()
                .ioThreadPoolSize(DefaultClientResources.MIN_IO_THREADS)
                .computationThreadPoolSize(DefaultClientResources.MIN_COMPUTATION_THREADS)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .addressResolverGroup(Names.lookedUpBy(sockets))
                .build();
        client = sockets.client(resources);
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

    RedisClient client() {
        return client;
    }

    private static SslOptions tls(BackendConfig config) {
        SslOptions.Builder options = SslOptions.builder().jdkSslProvider().handshakeTimeout(config.connectTimeout());
        config.trust().ifPresent(authorities -> options.trustManager(authorities.toFile()));
        config.certificates()
                .ifPresent(chain -> options.keyManager(
                        chain.toFile(), config.privateKey().orElseThrow().toFile(), null));
        return options.build();
    }

    /** Ends its threads. Waits a few seconds at most, even if the server hangs. */
    @Override
    public void close() {
        CompletableFuture<Void> ended = client.shutdownAsync(0, CLOSING_SECONDS, TimeUnit.SECONDS)
                .thenCompose(done -> stage(resources.shutdown(0, CLOSING_SECONDS, TimeUnit.SECONDS)));
        try {
            ended.get(2L * CLOSING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(Level.WARNING, "the threads of the Redis client do not end", e);
        }
    }

    private static CompletableFuture<Void> stage(io.netty.util.concurrent.Future<?> future) {
        CompletableFuture<Void> stage = new CompletableFuture<>();
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
