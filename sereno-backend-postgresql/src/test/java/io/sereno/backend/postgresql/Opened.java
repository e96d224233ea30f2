package io.sereno.backend.postgresql;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import io.sereno.testservers.PostgresServer;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/** The configuration of backends in tests. */
record Opened(
        List<InetSocketAddress> endpoints,
        Map<String, String> parameters,
        Optional<String> user,
        Optional<Path> trust,
        TimeSource time)
        implements BackendConfig {
    static final Map<String, String> DATABASE = Map.of("dbname", PostgresServer.DATABASE);

    static Opened at(List<InetSocketAddress> endpoints, TimeSource time) {
        return new Opened(endpoints, DATABASE, Optional.of(PostgresServer.USER), Optional.empty(), time);
    }

    Opened with(Map<String, String> others) {
        return new Opened(endpoints, others, user, trust, time);
    }

    Opened as(String other) {
        return new Opened(endpoints, parameters, Optional.of(other), trust, time);
    }

    Opened trusting(Path authorities) {
        return new Opened(endpoints, parameters, user, Optional.of(authorities), time);
    }

    Backend open() {
        return new PostgresBackendProvider().open(this);
    }

    @Override
    public String scheme() {
        return "postgresql";
    }

    @Override
    public String namespace() {
        return "test";
    }

    @Override
    public Optional<char[]> password() {
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
    public Duration connectTimeout() {
        return Duration.ofSeconds(5);
    }

    @Override
    public Duration operationTimeout() {
        return Duration.ofSeconds(5);
    }

    @Override
    public Executor executor() {
        return ForkJoinPool.commonPool();
    }
}
