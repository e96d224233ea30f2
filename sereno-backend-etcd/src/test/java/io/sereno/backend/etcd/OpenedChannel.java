package io.sereno.backend.etcd;

import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A channel as docs/etcd.md advises applications to make it. */
final class OpenedChannel {
    /** Shared by all channels. The kit knows by the names that no client left the threads behind. */
    private static final EventLoopGroup NETWORK = network();

    private static final Executor CALLS = Executors.newCachedThreadPool(new DefaultThreadFactory("tck-calls", true));

    private OpenedChannel() {}

    /** Uses the old class name, which Netty 4.1 has too. */
    @SuppressWarnings("deprecation")
    private static EventLoopGroup network() {
        return new NioEventLoopGroup(1, new DefaultThreadFactory("tck-network", true));
    }

    static NettyChannelBuilder to(InetSocketAddress server) {
        return NettyChannelBuilder.forAddress(server.getHostString(), server.getPort())
                .eventLoopGroup(NETWORK)
                .channelType(NioSocketChannel.class)
                .executor(CALLS)
                .offloadExecutor(CALLS)
                .usePlaintext()
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS);
    }
}
