package io.sereno.benchmarks;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The configuration of the backend in measurements without recipes: the machine's clock, and threads for callbacks. */
final class EtcdConfig implements BackendConfig, TimeSource, AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final InetSocketAddress endpoint;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, EtcdConfig::daemon);
    private final ExecutorService callbacks = Executors.newCachedThreadPool(EtcdConfig::daemon);

    EtcdConfig(InetSocketAddress endpoint) {
        this.endpoint = endpoint;
        timer.setRemoveOnCancelPolicy(true);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public String scheme() {
        return "etcd";
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return List.of(endpoint);
    }

    @Override
    public String namespace() {
        return "sereno";
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of();
    }

    @Override
    public Optional<String> user() {
        return Optional.empty();
    }

    @Override
    public Optional<char[]> password() {
        return Optional.empty();
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
    public Duration connectTimeout() {
        return TIMEOUT;
    }

    @Override
    public Duration operationTimeout() {
        return TIMEOUT;
    }

    @Override
    public TimeSource time() {
        return this;
    }

    @Override
    public Executor executor() {
        return callbacks;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant wall() {
        return Instant.now();
    }

    @Override
    public Runnable schedule(Duration delay, Executor executor, Runnable task) {
        ScheduledFuture<?> due = timer.schedule(() -> executor.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        callbacks.shutdownNow();
    }
}
