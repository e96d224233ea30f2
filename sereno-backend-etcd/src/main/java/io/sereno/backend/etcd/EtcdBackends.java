package io.sereno.backend.etcd;

import static java.util.Objects.requireNonNull;

import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.ClientConfig;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Backends over what an application already has for etcd.
 *
 * <pre>{@code
 * Sereno sereno = Sereno.over(EtcdBackends.over(channel, null, "billing"));
 * }</pre>
 *
 * <p>Over a channel the promises are the same as with own connections. Times are longer: the channel decides when a connection is dead
 * and when to connect again. docs/etcd.md says what to set.
 */
public final class EtcdBackends {
    private EtcdBackends() {}

    /**
     * Opens a backend over a channel of the application. Blocks until etcd has answered, 5 s at most, which is also the limit of each
     * call.
     *
     * <p>The channel has to lead to the members of one cluster. It must not send a request a second time: no retry policy and no hedging
     * in its service configuration; a call that was repeated all the same fails, as an unknown outcome if it is a commit. Set
     * {@code keepAliveTime} and {@code keepAliveTimeout}, and the policy {@code round_robin} where the channel has several addresses;
     * without them calls to a frozen member fail for as long as it is frozen. An interceptor of the channel sees every request.
     *
     * <p>The channel stays the application's: {@link Backend#close()} cancels the calls under way and does not shut the channel down.
     *
     * @param channel to etcd
     * @param credentials attach etcd's {@code token} to each call, and renew it: a call whose token etcd refused is sent again once.
     *     Null if the server has no users. For a user and a password see {@link #over(Channel, BackendConfig)}
     * @param namespace to keep everything in, at most 64 bytes of UTF-8; may be empty
     * @return a new backend, which the caller closes after the clients that use it
     * @throws IllegalArgumentException before any I/O, if the channel is shut down, or the namespace is too long or not well-formed
     * @throws BackendException {@code NOT_APPLIED}, if etcd does not answer in time or refuses; permanent if somebody has to change
     *     something, for example if the server is not etcd
     */
    public static Backend over(Channel channel, @Nullable CallCredentials credentials, String namespace) {
        return open(ClientConfig.of("etcd", List.of(), namespace), channel, credentials);
    }

    /**
     * The same with the namespace, user, password, timeouts, clock and executor of a configuration, whose addresses and certificates are
     * not used. With a user Sereno logs in over the channel by itself, and again when its token has become old.
     *
     * @param channel to etcd, as above
     * @param config such as {@code Sereno.Builder.opener} makes from a URI
     * @return a new backend
     * @throws IllegalArgumentException before any I/O, if the channel is shut down, or if the configuration has parameters
     * @throws BackendException as above
     */
    public static Backend over(Channel channel, BackendConfig config) {
        return open(config, channel, null);
    }

    /**
     * Opens a backend with connections of its own, which the application completes, for example by its own {@code SslContext}.
     *
     * @param config as for a URI
     * @param settings is called for each new connection, after Sereno's settings; may be called by any thread. To allow retries of the
     *     channel, or to name another target, breaks Sereno's promises
     * @return a new backend
     * @throws IllegalArgumentException before any I/O, if the configuration is invalid
     * @throws BackendException as above
     */
    public static Backend open(BackendConfig config, Consumer<NettyChannelBuilder> settings) {
        requireNonNull(settings, "settings");
        return EtcdBackendProvider.open(config, settings);
    }

    private static Backend open(BackendConfig config, Channel channel, @Nullable CallCredentials credentials) {
        requireNonNull(channel, "channel");
        EtcdBackendProvider.checkParameters(config);
        if (channel instanceof ManagedChannel managed && managed.isShutdown()) {
            throw new IllegalArgumentException("the channel to " + channel.authority()
                    + " is shut down; a channel that is open until the backend is closed is accepted");
        }
        Connection connection = new Connection(config, channel, credentials);
        try {
            return new FirstContact(config, connection).open();
        } catch (RuntimeException | Error e) {
            connection.close();
            throw e;
        }
    }
}
