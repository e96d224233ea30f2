package io.sereno.compatibility;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What the SPI shows of a store, in the directories that {@link Tour} fills. A record is: createRevision, {@code -} or the number
 * of a lease, directory, name. Works with the classes of former builds, too.
 */
final class SpiForm implements StoreForm {
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final long LIMIT_SECONDS = 60;

    private final ExecutorService callbacks = Executors.newCachedThreadPool();
    private final List<Lease> leases = new ArrayList<>();
    private final Backend backend;

    SpiForm(String uri) {
        URI parts = URI.create(uri);
        BackendProvider provider = ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(each -> each.schemes().contains(parts.getScheme()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no backend for " + uri));
        this.backend = provider.open(new Config(parts, callbacks));
    }

    List<Entry> entries(String directory) {
        return done(backend.read(new Query.All(directory))).entries().stream()
                .sorted(Comparator.comparingLong(Entry::createRevision))
                .toList();
    }

    /** Waits until the directory's entries are as wanted. */
    void await(String directory, Predicate<List<Entry>> wanted) {
        Semaphore changed = new Semaphore(1);
        Watch watch = done(backend.watch(new Target(directory, Optional.empty()), new Waking(changed)));
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
            while (changed.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                if (wanted.test(entries(directory))) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            watch.cancel();
        }
        throw new IllegalStateException(
                "not within " + LIMIT_SECONDS + " s in " + directory + ": " + entries(directory));
    }

    @Override
    public List<Stored> dump() {
        record At(String directory, Entry entry) {}
        Map<Long, Integer> numbers = new HashMap<>();
        return Tour.DIRECTORIES.stream()
                .flatMap(directory -> entries(directory).stream().map(entry -> new At(directory, entry)))
                .sorted(Comparator.comparingLong(stored -> stored.entry().createRevision()))
                .map(stored -> {
                    Entry entry = stored.entry();
                    String lease = entry.leaseId() == 0
                            ? "-"
                            : String.valueOf(numbers.computeIfAbsent(entry.leaseId(), id -> numbers.size() + 1));
                    List<String> words =
                            List.of(String.valueOf(entry.createRevision()), lease, stored.directory(), entry.name());
                    return new Stored(words, entry.value().toUtf8());
                })
                .toList();
    }

    @Override
    public void load(List<Stored> records) {
        Duration most = backend.guarantees().greatestTtl();
        Map<String, Long> ids = new HashMap<>(Map.of("-", 0L));
        Revisions revisions = new Revisions();
        for (List<Stored> together : Revisions.byCommit(records)) {
            Commit.Builder commit = Commit.to(together.get(0).word(2));
            for (Stored each : together) {
                long lease = ids.computeIfAbsent(each.word(1), number -> {
                    Lease granted = done(backend.grantLease(LEASE.compareTo(most) < 0 ? LEASE : most));
                    leases.add(granted);
                    return granted.id();
                });
                commit.ifAbsent(each.word(3)).put(each.word(3), Bytes.utf8(revisions.translate(each.value())), lease);
            }
            if (!(done(backend.commit(commit.build())) instanceof CommitResult.Committed committed)) {
                throw new IllegalStateException("not loaded: " + together);
            }
            revisions.given(together.get(0).number(0), committed.revision());
        }
    }

    @Override
    public void endLeases() {
        leases.forEach(lease -> done(lease.revoke()));
    }

    @Override
    public void close() {
        backend.close();
        callbacks.shutdownNow();
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private record Waking(Semaphore changed) implements WatchListener {
        @Override
        public void changed(String name, long revision) {
            changed.release();
        }

        @Override
        public void reset() {
            changed.release();
        }
    }

    private record Config(URI parts, ExecutorService executor) implements BackendConfig {
        @Override
        public String scheme() {
            return parts.getScheme();
        }

        @Override
        public List<InetSocketAddress> endpoints() {
            return parts.getHost() == null
                    ? List.of()
                    : List.of(new InetSocketAddress(parts.getHost(), parts.getPort()));
        }

        @Override
        public String namespace() {
            return parts.getPath().substring(1);
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
            return Duration.ofSeconds(30);
        }

        @Override
        public Duration operationTimeout() {
            return Duration.ofSeconds(30);
        }

        @Override
        public TimeSource time() {
            return new SystemClock(Duration.ZERO);
        }
    }
}
