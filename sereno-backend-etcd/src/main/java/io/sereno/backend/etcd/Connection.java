package io.sereno.backend.etcd;

import io.grpc.CallCredentials;
import io.grpc.Channel;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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

    /**
     * After an outage, gRPC waits for up to two minutes, and a fifth of that, before a channel connects again.
     */
    private static final Duration RECOVERY_OF_A_CHANNEL = Duration.ofSeconds(150);

    /** The thread of own sockets; null over a channel of the application. */
    private final @Nullable EventLoopGroup network;

    private final Executor threads;
    private final List<InetSocketAddress> servers;
    private final Duration recovery;
    private final Links links;
    private final Tokens tokens;
    private final Calls calls;

    /**
     * Makes connections of its own.
     *
     * @param settings applied to each new connection, after those of the configuration
     */
    Connection(BackendConfig config, Consumer<NettyChannelBuilder> settings) {
        Certificates certificates = new Certificates(config);
        threads = daemonThreads();
        EventLoopGroup own = networkThread();
        network = own;
        servers = config.endpoints();
        // A call may first have to time out before it finds that its connection is dead.
        recovery = config.operationTimeout().plusSeconds(1);
        Function<InetSocketAddress, ManagedChannel> dial =
                endpoint -> dial(own, threads, endpoint, certificates.read(), config.operationTimeout(), settings);
        WarmUp.once(dial, config, threads);
        links = new OwnLinks(servers, dial, config.time());
        tokens = new Tokens(config.user(), config::password, false, threads);
        calls = calls(links, tokens, threads, config);
    }

    /** Uses a channel of the application. With credentials, the configuration's user is not used. */
    Connection(BackendConfig config, Channel channel, @Nullable CallCredentials credentials) {
        threads = daemonThreads();
        network = null;
        servers = List.of();
        recovery = RECOVERY_OF_A_CHANNEL;
        links = new GivenChannel(channel, credentials, config.time());
        tokens = new Tokens(
                credentials == null ? config.user() : Optional.empty(), config::password, credentials != null, threads);
        calls = calls(links, tokens, threads, config);
    }

    private static Calls calls(Links links, Tokens tokens, Executor threads, BackendConfig config) {
        return new Calls(
                links, tokens, config.time(), threads, config.operationTimeout(), new Keys(config.namespace()));
    }

    private static Executor daemonThreads() {
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons("sereno-etcd-"));
    }

    /** Uses the old class name, which Netty 4.1 has too. */
    @SuppressWarnings("deprecation")
    private static EventLoopGroup networkThread() {
        return new NioEventLoopGroup(1, daemons("sereno-etcd-network-"));
    }

    private static ManagedChannel dial(
            EventLoopGroup network,
            Executor threads,
            InetSocketAddress endpoint,
            @Nullable SslContext tls,
            Duration timeout,
            Consumer<NettyChannelBuilder> settings) {
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
        NettyChannelBuilder complete = tls == null ? builder.usePlaintext() : builder.sslContext(tls);
        settings.accept(complete);
        return complete.build();
    }

    private static ThreadFactory daemons(String prefix) {
        AtomicLong made = new AtomicLong();
        return task -> {
            Thread thread = new Thread(null, task, prefix + made.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** The servers that are known by address; none over a channel of the application. */
    List<InetSocketAddress> servers() {
        return servers;
    }

    /** How long after an outage calls succeed again. */
    Duration recovery() {
        return recovery;
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

    /** Blocks until own sockets and the network thread are gone, 4 s at most. */
    void close() {
        calls.close();
        links.close(CLOSE_LIMIT);
        if (network == null) {
            return;
        }
        network.shutdownGracefully(0, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_LIMIT.toMillis());
    }
}
