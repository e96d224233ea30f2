package io.sereno.backend.etcd;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.sereno.spi.BackendConfig;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The threads, sockets and certificates of one client. One thread serves the network. Other threads are created when an
 * answer finds none idle, so a callback that blocks delays no other answer. They end after a second without work.
 */
final class Connection {
    static {
        StartUpNoise.switchOff();
    }

    /**
     * How long a connection may be idle before it is pinged. {@link #PING_WITHIN} is how long it then has to respond.
     */
    private static final Duration PING_AFTER = Duration.ofSeconds(10);

    private static final Duration PING_WITHIN = Duration.ofSeconds(5);

    /** Used twice, for the sockets and for the thread; well below the allowed 5 s. */
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final EventLoopGroup network;
    private final Executor threads;
    private final Links links;
    private final Tokens tokens;
    private final Calls calls;

    Connection(BackendConfig config) {
        Certificates certificates = new Certificates(config);
        threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons("sereno-etcd-"));
        network = networkThread();
        Function<InetSocketAddress, ManagedChannel> dial =
                endpoint -> dial(endpoint, certificates.read(), config.operationTimeout());
        WarmUp.once(dial, config, threads);
        links = new Links(config.endpoints(), dial, config.time());
        tokens = new Tokens(config.user(), config::password, threads);
        calls = new Calls(
                links, tokens, config.time(), threads, config.operationTimeout(), new Keys(config.namespace()));
    }

    /** Uses the old class name, which Netty 4.1 has too. */
    @SuppressWarnings("deprecation")
    private static EventLoopGroup networkThread() {
        return new NioEventLoopGroup(1, daemons("sereno-etcd-network-"));
    }

    private ManagedChannel dial(InetSocketAddress endpoint, @Nullable SslContext tls, Duration timeout) {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.getHostString(), endpoint.getPort())
                .eventLoopGroup(network)
                .channelType(NioSocketChannel.class)
                .executor(threads)
                .offloadExecutor(threads)
                // Only Calls resends a request, since only Calls knows when that is right. And no settings of others,
                // such as retries or waiting for a server, come in through DNS.
                .disableRetry()
                .disableServiceConfigLookUp()
                // etcd limits requests, not answers. A larger answer is refused when its first bytes come.
                .maxInboundMessageSize(EtcdLimits.MAX_ANSWER_BYTES)
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE))
                .keepAliveTime(PING_AFTER.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(PING_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        return (tls == null ? builder.usePlaintext() : builder.sslContext(tls)).build();
    }

    private static ThreadFactory daemons(String prefix) {
        AtomicLong made = new AtomicLong();
        return task -> {
            Thread thread = new Thread(null, task, prefix + made.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            return thread;
        };
    }

    Links links() {
        return links;
    }

    Tokens tokens() {
        return tokens;
    }

    Calls calls() {
        return calls;
    }

    Executor threads() {
        return threads;
    }

    /** Blocks until sockets and network thread are gone, 4 s at most. */
    void close() {
        calls.close();
        links.close(CLOSE_LIMIT);
        network.shutdownGracefully(0, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_LIMIT.toMillis());
    }
}
