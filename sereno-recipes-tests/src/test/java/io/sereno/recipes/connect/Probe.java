package io.sereno.recipes.connect;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Providers that record what they are opened with, and a backend that takes any request for a fault of the test. */
final class Probe {
    static final List<BackendConfig> OPENED = new ArrayList<>();
    static Function<BackendConfig, Backend> opening = config -> new ProbeBackend(Set.of());

    private Probe() {}

    static void reset() {
        OPENED.clear();
        opening = config -> new ProbeBackend(Set.of(Promise.DURABLE));
    }

    private static Backend open(BackendConfig config) {
        OPENED.add(config);
        return opening.apply(config);
    }

    public static final class ProbeProvider implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("probe", "probes");
        }

        @Override
        public Optional<String> defaultUri() {
            return Optional.of("probe://localhost:7000");
        }

        @Override
        public Backend open(BackendConfig config) {
            return Probe.open(config);
        }
    }

    /** Serves the same scheme. */
    public static final class RivalProvider implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("probe");
        }

        @Override
        public Optional<String> defaultUri() {
            return Optional.of("probe://localhost:8000");
        }

        @Override
        public Backend open(BackendConfig config) {
            return Probe.open(config);
        }
    }

    /** As memory: no default address. */
    public static final class UnaddressedProvider implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("quiet");
        }

        @Override
        public Optional<String> defaultUri() {
            return Optional.empty();
        }

        @Override
        public Backend open(BackendConfig config) {
            return Probe.open(config);
        }
    }

    /** As PostgreSQL: the path names a database. */
    public static final class DatabaseProvider implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("tables");
        }

        @Override
        public Optional<String> defaultUri() {
            return Optional.empty();
        }

        @Override
        public Optional<String> pathParameter() {
            return Optional.of("dbname");
        }

        @Override
        public Backend open(BackendConfig config) {
            return Probe.open(config);
        }
    }

    public static final class BrokenProvider implements BackendProvider {
        public BrokenProvider() {
            throw new IllegalStateException("its client library is missing");
        }

        @Override
        public Set<String> schemes() {
            throw new AssertionError();
        }

        @Override
        public Optional<String> defaultUri() {
            throw new AssertionError();
        }

        @Override
        public Backend open(BackendConfig config) {
            throw new AssertionError();
        }
    }

    static final class ProbeBackend implements Backend {
        private final Set<Promise> promises;
        int closed;

        ProbeBackend(Set<Promise> promises) {
            this.promises = promises;
        }

        @Override
        public Guarantees guarantees() {
            return Guarantees.builder("probe", Duration.ofSeconds(2), Duration.ofSeconds(60))
                    .serverVersion("1")
                    .promises(promises)
                    .ttlGranularity(Duration.ofSeconds(1))
                    .expiryLateness(Duration.ofSeconds(1))
                    .recovery(Duration.ofSeconds(1))
                    .emptyDirectoryGrace(Duration.ofSeconds(60))
                    .maxLeaseBytes(1 << 20)
                    .maxValueBytes(1 << 18)
                    .maxCommitBytes(1 << 19)
                    .maxListingBytes(1 << 20)
                    .build();
        }

        @Override
        public void close() {
            closed++;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            throw new AssertionError("no I/O is expected");
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            throw new AssertionError("no I/O is expected");
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            throw new AssertionError("no I/O is expected");
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            throw new AssertionError("no I/O is expected");
        }
    }
}
