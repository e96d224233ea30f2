package io.sereno.backend.etcd.jetcd;

import static java.util.Objects.requireNonNull;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.sereno.backend.etcd.EtcdBackends;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.ClientConfig;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Backends over the connections of jetcd clients of the application.
 *
 * <pre>{@code
 * ClientBuilder jetcd = Client.builder().endpoints("http://etcd:2379");
 * JetcdBridge bridge = JetcdBridge.install(jetcd);
 * Client client = jetcd.build();
 * Sereno sereno = Sereno.over(bridge.open(client, "billing"));
 * }</pre>
 *
 * <p>The promises are the same as with own connections. Times are longer, because jetcd decides when a connection is dead and when to
 * connect again; docs/etcd.md says how much. {@link JetcdBackends} does not share connections and loses nothing.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class JetcdBridge {
    private final Settings settings;
    private final Tap tap;

    private JetcdBridge(Settings settings, Tap tap) {
        this.settings = settings;
        this.tap = tap;
    }

    /**
     * Adds an interceptor to a builder. It passes all calls on, and shows this bridge the channel of a client. Does no I/O.
     *
     * <p>Install the bridge after the builder's other interceptors: those that are added later do not see Sereno's requests.
     *
     * @param builder whose clients will be given to {@link #open(Client, String)}; the addresses may be set later
     * @return a new bridge
     */
    public static JetcdBridge install(ClientBuilder builder) {
        Tap tap = new Tap();
        builder.interceptor(tap);
        return new JetcdBridge(new Settings(builder), tap);
    }

    /**
     * Opens a backend over a client. Blocks until etcd has answered, 5 s at most, which is also the limit of each call.
     *
     * <p>The client is asked for one key, so that the channel is seen; the request is cancelled when it is seen. Sereno logs in over the
     * channel by itself if the builder has a user and a password, and again when its token has become old.
     *
     * <p>The client stays the application's: {@link Backend#close()} cancels the backend's calls under way and does not close the client.
     * Close the client after the backend.
     *
     * @param client built by the builder in which this bridge is installed
     * @param namespace to keep everything in, at most 64 bytes of UTF-8; may be empty. The client's own namespace is not put before it
     * @return a new backend, which the caller closes after the clients of Sereno that use it
     * @throws IllegalArgumentException if the client was built by another builder, which is noticed by one request of the client;
     *     before that, if the namespace is too long or not well-formed
     * @throws BackendException {@code NOT_APPLIED}, if etcd does not answer in time or refuses; permanent if somebody has to change
     *     something, for example if the client is closed, or the server is not etcd
     */
    public Backend open(Client client, String namespace) {
        return open(client, ClientConfig.of("etcd", List.of(), namespace));
    }

    /**
     * The same with the namespace, timeouts, clock and executor of a configuration. Its user is used if the builder has none; its
     * addresses and certificates are not used.
     *
     * @param client as above
     * @param config such as {@code Sereno.Builder.opener} makes from a URI
     * @return a new backend
     * @throws IllegalArgumentException as above, or if the configuration has parameters
     * @throws BackendException as above
     */
    public Backend open(Client client, BackendConfig config) {
        requireNonNull(client, "client");
        ClientConfig complete = settings.config(config, List.of());
        Channel channel = channelOf(client, complete);
        return EtcdBackends.over(settings.named(ClientInterceptors.intercept(channel, settings.logIn())), complete);
    }

    private Channel channelOf(Client client, ClientConfig config) {
        Tap.Search search = tap.search();
        try {
            CompletionStage<?> asked = client.getKVClient().get(ByteSequence.from(search.key()));
            CompletableFuture<Channel> found = search.found();
            asked.whenComplete((answer, failure) -> found.completeExceptionally(
                    failure == null ? new IllegalStateException("answered unseen") : failure));
            return found.get(config.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "this bridge saw no request of the jetcd client; an open client that was built by the builder with this bridge is"
                            + " accepted",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException(Outcome.NOT_APPLIED, false, "interrupted while connecting to etcd", e);
        } finally {
            tap.end(search);
        }
    }
}
