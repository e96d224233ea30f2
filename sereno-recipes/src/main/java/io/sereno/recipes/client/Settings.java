package io.sereno.recipes.client;

import io.sereno.recipes.kernel.Hooks;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The settings of a client besides its backend; every value has been checked.
 *
 * @param namespace prefix of this client's directories below the backend's own namespace; empty for none
 * @param executor runs users' callbacks; it neither runs them in the calling thread nor refuses them
 * @param signals the client's own threads, so that neither the loss of a grant nor a backend's notice waits for a callback
 * @param backendName for messages: scheme and endpoints, no secrets
 * @param owned created for this client alone; closed after the backend, in this order
 */
public record Settings(
        String nodeId,
        String namespace,
        Duration sessionTtl,
        Duration operationTimeout,
        TimeSource time,
        Executor executor,
        Executor signals,
        Hooks hooks,
        String backendName,
        List<AutoCloseable> owned) {

    public Settings {
        owned = List.copyOf(owned);
    }
}
