package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One client's access to a {@link PlainStore}: checks arguments and limits, and turns refusals into failed stages. */
class PlainClient implements Backend {
    /** The guarantees of a store that offers little; a mutant or adversary may offer less. */
    static final Guarantees GUARANTEES = Guarantees.builder("plain", Duration.ofMillis(20), Duration.ofHours(1))
            .serverVersion("for the kit's own tests")
            .promises(Set.of(Promise.SNAPSHOT_READS, Promise.LISTS_DIRECTORIES))
            .expiryLateness(Duration.ofMillis(100))
            .maxLeases(500)
            .maxLeaseBytes(512 * 1024)
            .maxValueBytes(256 * 1024)
            .maxCommitBytes(512 * 1024)
            .maxListingBytes(4 << 20)
            .maxConditions(64)
            .maxWrites(64)
            .build();

    final PlainStore store;
    final BackendConfig config;

    // Hooks: what is done in each step; the method of the same name is the correct step.
    Consumer<Commit> checkSizes = this::checkSizes;
    Consumer<Commit> checkLease = this::checkLease;
    Consumer<Duration> checkTtl = this::checkTtl;
    BiFunction<Target, WatchListener, PlainWatch> open = this::open;
    private final List<PlainWatch> watches = new ArrayList<>();
    private volatile boolean closed;

    PlainClient(PlainStore store, BackendConfig config) {
        if (!config.parameters().isEmpty()) {
            throw new IllegalArgumentException("unknown parameters " + config.parameters() + "; none is accepted");
        }
        if (!config.endpoints().isEmpty()) {
            throw new IllegalArgumentException("unknown hosts " + config.endpoints() + "; none is accepted");
        }
        this.store = store;
        this.config = config;
    }

    /** One request, answered when the method returns. */
    <T> CompletionStage<T> call(Supplier<T> request) {
        // Reads the clock, as every call with a deadline does.
        config.time().nanoTime();
        try {
            return completedFuture(store.step(() -> {
                if (closed) {
                    throw PlainStore.refused("the client is closed");
                }
                return request.get();
            }));
        } catch (BackendException refused) {
            return failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return call(() -> {
            Snapshot read = store.read.apply(query);
            long size = read.entries().stream()
                    .mapToLong(entry -> entry.value().size() + PlainStore.bytes(entry.name()))
                    .sum();
            if (size > guarantees().maxListingBytes()) {
                throw PlainStore.refused(
                        "the answer has " + size + " bytes, " + guarantees().maxListingBytes() + " are the most");
            }
            return read;
        });
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return call(() -> {
            checkSizes.accept(commit);
            checkLease.accept(commit);
            return carryOut(commit);
        });
    }

    /** Applies a checked commit. Under the store's lock. */
    CommitResult carryOut(Commit commit) {
        return store.commit.apply(commit);
    }

    /** Runs a renewal or revocation. Under the store's lock. */
    <T> T carryOut(Supplier<T> request) {
        return request.get();
    }

    void checkSizes(Commit commit) {
        Guarantees limits = guarantees();
        long bytes = 0;
        for (Write write : commit.writes()) {
            bytes += PlainStore.bytes(write.name());
            if (write instanceof Write.Put put) {
                checkSize("bytes of a value", put.value().size(), limits.maxValueBytes());
                bytes += put.value().size();
            }
        }
        bytes += commit.conditions().stream()
                .mapToLong(condition -> PlainStore.bytes(condition.name()))
                .sum();
        checkSize("bytes of a commit", bytes, limits.maxCommitBytes());
        checkSize("conditions", commit.conditions().size(), limits.maxConditions());
        checkSize("writes", commit.writes().size(), limits.maxWrites());
    }

    static void checkSize(String what, long size, long most) {
        if (size > most) {
            throw PlainStore.refused(size + " " + what + ", " + most + " are the most");
        }
    }

    void checkLease(Commit commit) {
        long id = PlainStore.leaseOf(commit);
        PlainLease lease = store.leases.get(id);
        if (lease == null) {
            return;
        }
        if (lease.client() != this) {
            throw PlainStore.refused("lease " + id + " is another client's");
        }
        long bytes = store.directories.entrySet().stream()
                .flatMapToLong(directory -> directory.getValue().values().stream()
                        .filter(entry -> entry.leaseId() == id)
                        .mapToLong(entry -> PlainStore.bytes(directory.getKey()) + PlainStore.bytes(entry.name())))
                .sum();
        bytes += commit.writes().stream()
                .filter(write -> write instanceof Write.Put put
                        && put.leaseId() == id
                        && store.entry(commit.directory(), put.name()).isEmpty())
                .mapToLong(write -> PlainStore.bytes(commit.directory()) + PlainStore.bytes(write.name()))
                .sum();
        checkSize("bytes of paths and names under a lease", bytes, guarantees().maxLeaseBytes());
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return call(() -> {
            checkTtl.accept(ttl);
            long live = store.leases.values().stream()
                    .filter(lease -> lease.client() == this)
                    .count();
            checkSize("leases", live + 1, guarantees().maxLeases());
            return store.grant.apply(this, ttl);
        });
    }

    void checkTtl(Duration ttl) {
        if (ttl.compareTo(guarantees().leastTtl()) < 0
                || ttl.compareTo(guarantees().greatestTtl()) > 0) {
            throw PlainStore.refused("a ttl of " + ttl + "; " + guarantees().leastTtl() + " to "
                    + guarantees().greatestTtl() + " is accepted");
        }
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return call(() -> {
            PlainWatch watch = open.apply(target, listener);
            watches.add(watch);
            store.watch.accept(watch);
            return watch;
        });
    }

    PlainWatch open(Target target, WatchListener listener) {
        return new PlainWatch(store, target, listener, config.executor());
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return call(() -> {
            if (!guarantees().promises().contains(Promise.LISTS_DIRECTORIES)) {
                throw PlainStore.refused("listings are not promised");
            }
            return DirectoryPage.of(store.paths.get(), cursor, limit);
        });
    }

    @Override
    public Guarantees guarantees() {
        return GUARANTEES;
    }

    @Override
    public void close() {
        List<PlainWatch> open = store.step(() -> {
            List<PlainWatch> all = List.copyOf(watches);
            watches.clear();
            closed = true;
            return all;
        });
        open.forEach(PlainWatch::cancel);
    }
}
