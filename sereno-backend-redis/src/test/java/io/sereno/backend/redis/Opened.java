package io.sereno.backend.redis;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/** The configuration of backends in tests, with a method for each setting that a test changes. */
record Opened(
        String scheme,
        List<InetSocketAddress> endpoints,
        String namespace,
        Map<String, String> parameters,
        Optional<String> user,
        Optional<char[]> password,
        Optional<Path> trust,
        Optional<Path> certificates,
        Optional<Path> privateKey,
        Duration connectTimeout,
        Duration operationTimeout,
        TimeSource time,
        Executor executor)
        implements BackendConfig {

    static Opened at(List<InetSocketAddress> endpoints, String namespace, TimeSource time, Executor executor) {
        return new Opened(
                "redis",
                endpoints,
                namespace,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                time,
                executor);
    }

    Opened with(Map<String, String> newParameters) {
        return new Opened(
                scheme,
                endpoints,
                namespace,
                newParameters,
                user,
                password,
                trust,
                certificates,
                privateKey,
                connectTimeout,
                operationTimeout,
                time,
                executor);
    }

    Opened in(String newNamespace) {
        return new Opened(
                scheme,
                endpoints,
                newNamespace,
                parameters,
                user,
                password,
                trust,
                certificates,
                privateKey,
                connectTimeout,
                operationTimeout,
                time,
                executor);
    }

    Opened at(List<InetSocketAddress> newEndpoints) {
        return new Opened(
                scheme,
                newEndpoints,
                namespace,
                parameters,
                user,
                password,
                trust,
                certificates,
                privateKey,
                connectTimeout,
                operationTimeout,
                time,
                executor);
    }

    Opened within(Duration newConnectTimeout, Duration newOperationTimeout) {
        return new Opened(
                scheme,
                endpoints,
                namespace,
                parameters,
                user,
                password,
                trust,
                certificates,
                privateKey,
                newConnectTimeout,
                newOperationTimeout,
                time,
                executor);
    }

    Opened as(String newUser, String newPassword) {
        return new Opened(
                scheme,
                endpoints,
                namespace,
                parameters,
                newUser.isEmpty() ? Optional.empty() : Optional.of(newUser),
                Optional.of(newPassword.toCharArray()),
                trust,
                certificates,
                privateKey,
                connectTimeout,
                operationTimeout,
                time,
                executor);
    }

    /** A copy, as it has to be. */
    @Override
    public Optional<char[]> password() {
        return password.map(char[]::clone);
    }

    Backend open() {
        return new RedisBackendProvider().open(this);
    }
}
