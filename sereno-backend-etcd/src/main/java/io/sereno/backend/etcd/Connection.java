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
 * The threads, sockets and certificates of one client: one thread for the network, and threads that are made when an answer
 * finds none idle, so that whoever blocks on one answer delays no other; those are gone after a second without work.
 */
final class Connection {
    static {
        StartUpNoise.switchOff();
    }

    /** How soon a connection without a sign of life is looked at, and how long it then has to give one. */
    private static final Duration PING_AFTER = Duration.ofSeconds(10);

    private static final Duration PING_WITHIN = Duration.ofSeconds(5);

    /** Twice, once for the sockets and once for the thread, and well below the 5 s that are allowed. */
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
        Rehearsal.once(dial, config, threads);
        links = new Links(config.endpoints(), dial, config.time());
        tokens = new Tokens(config.user(), config::password, threads);
        calls = new Calls(
                links, tokens, config.time(), threads, config.operationTimeout(), new Keys(config.namespace()));
    }

    /** By its old name, which Netty 4.1 knows too. */
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
                // No request is sent twice but by Calls, which knows when that is right; and nobody else's settings,
                // such as
                // retries or waiting for a server, come in by way of DNS.
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
