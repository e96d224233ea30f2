package io.sereno.benchmarks;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Sereno's backend, without recipes. */
final class SerenoClient implements EtcdClient {
    private final EtcdConfig config;
    private final Backend backend;
    private final Map<Long, Lease> leases = new ConcurrentHashMap<>();

    SerenoClient(InetSocketAddress endpoint) {
        config = new EtcdConfig(endpoint);
        backend = ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.schemes().contains(config.scheme()))
                .findFirst()
                .orElseThrow()
                .open(config);
    }

    @Override
    public CompletableFuture<?> create(String name) {
        return backend.commit(Commit.to("entries")
                        .ifAbsent(name)
                        .put(name, Bytes.EMPTY)
                        .build())
                .toCompletableFuture();
    }

    @Override
    public CompletableFuture<?> watch(String name, Runnable notice) {
        return backend.watch(new Target("entries", Optional.of(name)), new WatchListener() {
                    @Override
                    public void changed(String changed, long revision) {
                        notice.run();
                    }

                    @Override
                    public void reset() {
                        notice.run();
                    }
                })
                .toCompletableFuture();
    }

    @Override
    public CompletableFuture<Long> grant() {
        return backend.grantLease(Duration.ofSeconds(30)).toCompletableFuture().thenApply(lease -> {
            leases.put(lease.id(), lease);
            return lease.id();
        });
    }

    @Override
    public CompletableFuture<?> renew(long lease) {
        return Objects.requireNonNull(leases.get(lease)).renew().toCompletableFuture();
    }

    @Override
    public void close() {
        backend.close();
        config.close();
    }
}
