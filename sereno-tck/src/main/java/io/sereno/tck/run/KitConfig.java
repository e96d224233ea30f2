package io.sereno.tck.run;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/** What the kit gives to a fixture. */
public record KitConfig(
        String scheme,
        List<InetSocketAddress> endpoints,
        String namespace,
        Map<String, String> parameters,
        Optional<String> user,
        Optional<String> secret,
        Duration connectTimeout,
        Duration operationTimeout,
        TimeSource time,
        Executor executor)
        implements BackendConfig {
    public KitConfig withEndpoints(List<InetSocketAddress> others) {
        return new KitConfig(
                scheme, others, namespace, parameters, user, secret, connectTimeout, operationTimeout, time, executor);
    }

    public KitConfig withNamespace(String other) {
        return new KitConfig(
                scheme, endpoints, other, parameters, user, secret, connectTimeout, operationTimeout, time, executor);
    }

    public KitConfig withParameters(Map<String, String> others) {
        return new KitConfig(
                scheme, endpoints, namespace, others, user, secret, connectTimeout, operationTimeout, time, executor);
    }

    public KitConfig withTimeouts(Duration connect, Duration operation) {
        return new KitConfig(
                scheme, endpoints, namespace, parameters, user, secret, connect, operation, time, executor);
    }

    public KitConfig withTime(TimeSource other) {
        return new KitConfig(
                scheme,
                endpoints,
                namespace,
                parameters,
                user,
                secret,
                connectTimeout,
                operationTimeout,
                other,
                executor);
    }

    public KitConfig withExecutor(Executor other) {
        return new KitConfig(
                scheme, endpoints, namespace, parameters, user, secret, connectTimeout, operationTimeout, time, other);
    }

    public KitConfig withCredentials(String name, String password) {
        return new KitConfig(
                scheme,
                endpoints,
                namespace,
                parameters,
                Optional.of(name),
                Optional.of(password),
                connectTimeout,
                operationTimeout,
                time,
                executor);
    }

    @Override
    public Optional<char[]> password() {
        return secret.map(String::toCharArray);
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

    @Override
    public String toString() {
        return scheme + ":" + endpoints + "/" + namespace;
    }
}
