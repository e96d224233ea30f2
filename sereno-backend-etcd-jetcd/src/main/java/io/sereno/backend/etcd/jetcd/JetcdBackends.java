package io.sereno.backend.etcd.jetcd;

import static java.util.Objects.requireNonNull;

import io.etcd.jetcd.ClientBuilder;
import io.sereno.backend.etcd.EtcdBackends;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.ClientConfig;
import java.util.List;

/**
 * Backends with connections of their own, from the settings of a jetcd builder.
 *
 * <pre>{@code
 * ClientBuilder jetcd = Client.builder().endpoints("http://etcd:2379");
 * Sereno sereno = Sereno.over(JetcdBackends.open(jetcd, "billing"));
 * }</pre>
 *
 * <p>The promises and the times are those of a URI. {@link JetcdBridge} shares the connections of a jetcd client instead.
 */
public final class JetcdBackends {
    private JetcdBackends() {}

    /**
     * Opens a backend with the addresses, user, password, TLS, authority, headers and interceptors of a builder. Blocks until etcd has
     * answered, 5 s at most, which is also the limit of each call.
     *
     * <p>Not taken are the builder's keep-alive, timeouts, retries, load balancing, executor, limit of messages and namespace: Sereno has
     * its own. Later changes of the builder have no effect.
     *
     * @param builder with {@code endpoints}, or with a {@code target} of the form {@code ip:///host:port,host:port} or
     *     {@code dns:///host:port}
     * @param namespace to keep everything in, at most 64 bytes of UTF-8; may be empty
     * @return a new backend, which the caller closes after the clients that use it
     * @throws IllegalArgumentException before any I/O, if the builder has no endpoints or another target, or the namespace is too long or
     *     not well-formed
     * @throws BackendException {@code NOT_APPLIED}, if etcd does not answer in time or refuses; permanent if somebody has to change
     *     something
     */
    public static Backend open(ClientBuilder builder, String namespace) {
        return open(builder, ClientConfig.of("etcd", List.of(), namespace));
    }

    /**
     * The same with the namespace, timeouts, clock and executor of a configuration. Its user is used if the builder has none; its
     * addresses and certificates are not used.
     *
     * @param builder as above
     * @param config such as {@code Sereno.Builder.opener} makes from a URI
     * @return a new backend
     * @throws IllegalArgumentException as above, or if the configuration has parameters
     * @throws BackendException as above
     */
    public static Backend open(ClientBuilder builder, BackendConfig config) {
        Settings settings = new Settings(requireNonNull(builder, "builder"));
        return EtcdBackends.open(settings.config(config, settings.endpoints()), settings::apply);
    }
}
