package io.sereno.backend.redis;

import static java.util.Objects.requireNonNull;

import io.lettuce.core.resource.ClientResources;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import java.util.Set;

/**
 * Backends that share the threads of an application's Lettuce.
 *
 * <pre>{@code
 * Sereno sereno = Sereno.builder()
 *         .uri("redis://10.0.0.7:6379/billing")
 *         .opener(config -> RedisBackends.open(config, clientResources))
 *         .connect();
 * }</pre>
 */
public final class RedisBackends {
    private RedisBackends() {}

    /**
     * Opens a backend, as the provider of {@code redis:} and {@code rediss:} does, on the threads of the application's Lettuce. Blocks
     * for the connect timeout at most.
     *
     * <p>The backend uses the threads, the timer, the look-up of names, the tracing and the metrics of the resources. Its connections
     * are its own, with settings of its own: Lettuce neither reconnects them nor sends a command again. An application that blocks the
     * I/O threads of its resources delays Sereno, too; a session that cannot be renewed meanwhile ends.
     *
     * <p>The resources stay the application's: {@link Backend#close()} closes the connections and does not shut down the resources. Shut
     * them down after the backend is closed: without them every call fails, and a call under way may not end.
     *
     * @param config where the store is; {@code Sereno.Builder.opener} makes one from a URI
     * @param resources not shut down
     * @return a new backend, which the caller closes after the clients that use it; {@code Sereno} closes one that its opener returned
     * @throws IllegalArgumentException before any I/O, if the configuration is invalid or of another store, if the resources are shut
     *     down, or if the versions of Lettuce and Netty do not work together
     * @throws BackendException {@code NOT_APPLIED}, if no server answers in time, or the server refuses; permanent if somebody has to
     *     change something
     */
    public static Backend open(BackendConfig config, ClientResources resources) {
        requireNonNull(resources, "resources");
        Set<String> schemes = new RedisBackendProvider().schemes();
        if (!schemes.contains(config.scheme())) {
            throw new IllegalArgumentException(
                    "the scheme is " + config.scheme() + ", which is another store; redis and rediss are accepted");
        }
        if (resources.eventExecutorGroup().isShuttingDown()) {
            throw new IllegalArgumentException(
                    "the ClientResources are shut down; resources that are in use until the backend is closed are accepted");
        }
        return RedisBackendProvider.open(config, resources);
    }
}
