package io.sereno.backend.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Transports;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.sereno.spi.BackendConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Lettuce, told to leave to us what it does behind its caller's back: to connect again, and to send again what was under way. */
final class LettuceClient implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LettuceClient.class.getName());
    private static final int CLOSING_SECONDS = 2;

    private final ClientResources resources;
    private final RedisClient client;

    LettuceClient(BackendConfig config) {
        // The fewest that Lettuce accepts. One connection carries the calls, one the log.
        resources = DefaultClientResources.builder()
                .ioThreadPoolSize(DefaultClientResources.MIN_IO_THREADS)
                .computationThreadPoolSize(DefaultClientResources.MIN_COMPUTATION_THREADS)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .addressResolverGroup(names())
                .build();
        client = RedisClient.create(resources);
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .replayFilter(command -> true)
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
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

    /**
     * Looks names up with a socket for each question. By default each thread has one of its own for that, also where there is no name to look
     * up; one that fell silent would fail all questions for good, and a thread that is told to end while it is at work (without a quiet period)
     * ends without closing what it has open.
     */
    private static DnsAddressResolverGroup names() {
        return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelType(Transports.datagramChannelClass())
                .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                // For answers that are too long for a datagram.
                .socketChannelType(Transports.socketChannelClass().asSubclass(SocketChannel.class)));
    }

    private static SslOptions tls(BackendConfig config) {
        SslOptions.Builder options = SslOptions.builder().jdkSslProvider().handshakeTimeout(config.connectTimeout());
        config.trust().ifPresent(authorities -> options.trustManager(authorities.toFile()));
        config.certificates()
                .ifPresent(chain -> options.keyManager(
                        chain.toFile(), config.privateKey().orElseThrow().toFile(), null));
        return options.build();
    }

    /** Ends its threads; waits for that a few seconds at most, also when the server hangs. */
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
