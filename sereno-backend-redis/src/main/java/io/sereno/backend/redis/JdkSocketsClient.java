package io.sereno.backend.redis;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionEvents;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.resource.ClientResources;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;

/** A client with the JDK's sockets. Lettuce itself uses native ones wherever it finds their classes, even if they do not load. */
final class JdkSocketsClient extends RedisClient {
    private final EventLoopGroup threads;
    private final AtomicBoolean released = new AtomicBoolean();

    JdkSocketsClient(ClientResources resources) {
        super(resources, new RedisURI());
        threads = resources.eventLoopGroupProvider().allocate(threadsForJdkSockets());
    }

    EventLoopGroup threads() {
        return threads;
    }

    /** Uses the old class name, which all versions of Lettuce understand; it stands for what Netty recommends now. */
    @SuppressWarnings("deprecation")
    private static Class<? extends EventLoopGroup> threadsForJdkSockets() {
        return NioEventLoopGroup.class;
    }

    /** Gives the threads back, too: resources of the application live on. */
    @Override
    public CompletableFuture<Void> shutdownAsync(long quietPeriod, long timeout, TimeUnit unit) {
        return super.shutdownAsync(quietPeriod, timeout, unit).whenComplete((done, failure) -> {
            if (released.compareAndSet(false, true)) {
                var unused = getResources().eventLoopGroupProvider().release(threads, quietPeriod, timeout, unit);
            }
        });
    }

    @Override
    protected void connectionBuilder(
            Mono<SocketAddress> address, ConnectionBuilder builder, ConnectionEvents events, RedisURI uri) {
        SocketOptions options = getOptions().getSocketOptions();
        builder.bootstrap(new Bootstrap()
                .channel(NioSocketChannel.class)
                .group(threads)
                .resolver(getResources().addressResolverGroup())
                .option(ChannelOption.ALLOCATOR, ByteBufAllocator.DEFAULT)
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        Math.toIntExact(options.getConnectTimeout().toMillis()))
                .option(ChannelOption.SO_KEEPALIVE, options.isKeepAlive())
                .option(ChannelOption.TCP_NODELAY, options.isTcpNoDelay()));
        builder.apply(uri);
        builder.channelGroup(channels).connectionEvents(events).socketAddressSupplier(address);
    }
}
