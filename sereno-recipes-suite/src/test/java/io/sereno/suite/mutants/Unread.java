package io.sereno.suite.mutants;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/** A configuration whose hosts and parameters are ignored. */
record Unread(BackendConfig config) implements BackendConfig {
    @Override
    public String scheme() {
        return config.scheme();
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return List.of();
    }

    @Override
    public String namespace() {
        return config.namespace();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of();
    }

    @Override
    public Optional<String> user() {
        return config.user();
    }

    @Override
    public Optional<char[]> password() {
        return config.password();
    }

    @Override
    public Optional<Path> trust() {
        return config.trust();
    }

    @Override
    public Optional<Path> certificates() {
        return config.certificates();
    }

    @Override
    public Optional<Path> privateKey() {
        return config.privateKey();
    }

    @Override
    public Duration connectTimeout() {
        return config.connectTimeout();
    }

    @Override
    public Duration operationTimeout() {
        return config.operationTimeout();
    }

    @Override
    public TimeSource time() {
        return config.time();
    }

    @Override
    public Executor executor() {
        return config.executor();
    }
}
