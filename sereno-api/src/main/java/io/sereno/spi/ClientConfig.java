package io.sereno.spi;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The configuration of a backend that is opened over a client of the application, without a URI: the parts that the client does not say.
 * It has no parameters and no certificates.
 *
 * @param scheme as for {@link BackendConfig#scheme()}
 * @param endpoints the addresses, unresolved; empty if only the client knows them
 * @param namespace at most 64 bytes of UTF-8; may be empty
 * @param user the user to connect as, if the backend logs in
 * @param secret supplies a copy of the current password
 * @param connectTimeout more than zero
 * @param operationTimeout more than zero
 * @param time the only clock of the backend
 * @param executor runs listeners
 */
public record ClientConfig(
        String scheme,
        List<InetSocketAddress> endpoints,
        String namespace,
        Optional<String> user,
        Supplier<Optional<char[]>> secret,
        Duration connectTimeout,
        Duration operationTimeout,
        TimeSource time,
        Executor executor)
        implements BackendConfig {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_NAMESPACE_BYTES = 64;

    /**
     * Copies the list, and checks the namespace.
     *
     * @throws IllegalArgumentException if the namespace is too long or not well-formed
     */
    public ClientConfig {
        requireNonNull(scheme, "scheme");
        endpoints = List.copyOf(endpoints);
        if (!namespace.isEmpty()) {
            Names.check("namespace", namespace, MAX_NAMESPACE_BYTES);
        }
        requireNonNull(user, "user");
        requireNonNull(secret, "secret");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(operationTimeout, "operationTimeout");
        requireNonNull(time, "time");
        requireNonNull(executor, "executor");
    }

    /**
     * A configuration without a log-in, on {@link OwnThreads}, with timeouts of 5 s.
     *
     * @param scheme as for {@link BackendConfig#scheme()}; also names the threads
     * @param endpoints the addresses, unresolved; empty if only the client knows them
     * @param namespace at most 64 bytes of UTF-8; may be empty
     * @return a new configuration
     * @throws IllegalArgumentException if the namespace is too long or not well-formed
     */
    public static ClientConfig of(String scheme, List<InetSocketAddress> endpoints, String namespace) {
        OwnThreads threads = new OwnThreads("sereno-" + scheme);
        return new ClientConfig(
                scheme, endpoints, namespace, Optional.empty(), Optional::empty, TIMEOUT, TIMEOUT, threads, threads);
    }

    /**
     * This configuration with the clock, the threads and the timeouts of another one.
     *
     * @param other what to take them from
     * @return a new configuration
     */
    public ClientConfig timedAs(BackendConfig other) {
        return new ClientConfig(
                scheme,
                endpoints,
                namespace,
                user,
                secret,
                other.connectTimeout(),
                other.operationTimeout(),
                other.time(),
                other.executor());
    }

    /**
     * This configuration with a log-in.
     *
     * @param name the user
     * @param password supplies a copy of the current password, at each log-in
     * @return a new configuration
     */
    public ClientConfig loggedInAs(String name, Supplier<char[]> password) {
        requireNonNull(password, "password");
        return new ClientConfig(
                scheme,
                endpoints,
                namespace,
                Optional.of(name),
                () -> Optional.of(password.get()),
                connectTimeout,
                operationTimeout,
                time,
                executor);
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of();
    }

    @Override
    public Optional<char[]> password() {
        return secret.get();
    }

    @Override
    public Optional<Path> trust() {
        return Optional.empty();
    }

    @Override
    public Optional<Path> certificates() {
        return Optional.empty();
    }

    @Override
    public Optional<Path> privateKey() {
        return Optional.empty();
    }
}
