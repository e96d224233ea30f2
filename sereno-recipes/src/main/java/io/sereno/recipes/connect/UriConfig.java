package io.sereno.recipes.connect;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The configuration that a backend is opened with. Endpoints are unresolved and always have a port. The record shows no secret:
 * {@link Credentials} hides the password.
 */
record UriConfig(
        String scheme,
        List<InetSocketAddress> endpoints,
        String namespace,
        Map<String, String> parameters,
        Optional<Credentials> credentials,
        Optional<Path> trust,
        Optional<Path> certificates,
        Optional<Path> privateKey,
        Duration connectTimeout,
        Duration operationTimeout,
        TimeSource time,
        Executor executor)
        implements BackendConfig {

    @Override
    public Optional<String> user() {
        return credentials.flatMap(Credentials::user);
    }

    /** A copy, taken at each call. */
    @Override
    public Optional<char[]> password() {
        return credentials.map(Credentials::password);
    }
}
