package io.sereno.backend.memory;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * One client's connection to a {@link MemoryStore}: checks sizes, and turns rejections by the store into failed stages.
 */
final class MemoryConnection implements Backend {
    private static final Guarantees GUARANTEES = Guarantees.builder(
                    "memory", Duration.ofMillis(1), Duration.ofDays(365))
            .serverVersion("in this JVM")
            .promises(Set.of(Promise.SNAPSHOT_READS, Promise.STORE_WIDE_REVISIONS, Promise.LISTS_DIRECTORIES))
            // Entries are gone at the deadline itself; this is for the timer that notifies watches.
            .expiryLateness(Duration.ofMillis(100))
            .maxLeases(Integer.MAX_VALUE)
            .maxLeaseBytes(Integer.MAX_VALUE)
            .maxValueBytes(1 << 20)
            .maxCommitBytes(4 << 20)
            .maxListingBytes(Integer.MAX_VALUE)
            .maxConditions(128)
            .maxWrites(128)
            .build();

    /** Guarded by the store's lock. */
    boolean closed;
    /** Guarded by the store's lock. In order of insertion, so that a run can be repeated. */
    final Set<NoticeQueue> watches = new LinkedHashSet<>();

    private final MemoryStore store;
    private final TimeSource time;
    private final Executor callbacks;
    private final Runnable onClose;

    MemoryConnection(MemoryStore store, TimeSource time, Executor callbacks, Runnable onClose) {
        this.store = store;
        this.time = time;
        this.callbacks = callbacks;
        this.onClose = onClose;
    }

    TimeSource time() {
        return time;
    }

    Executor callbacks() {
        return callbacks;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        try {
            return CompletableFuture.completedFuture(store.read(this, query));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        try {
            GUARANTEES.requireFits(commit);
            return CompletableFuture.completedFuture(store.commit(this, commit));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        try {
            checkTtl(ttl);
            return CompletableFuture.completedFuture(store.grant(this, ttl));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        try {
            return CompletableFuture.completedFuture(store.watch(this, target, listener));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        try {
            return CompletableFuture.completedFuture(store.directories(this, cursor, limit));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public Guarantees guarantees() {
        return GUARANTEES;
    }

    @Override
    public void close() {
        if (store.close(this)) {
            onClose.run();
        }
    }

    private static void checkTtl(Duration ttl) {
        if (ttl.compareTo(GUARANTEES.leastTtl()) < 0 || ttl.compareTo(GUARANTEES.greatestTtl()) > 0) {
            throw MemoryStore.refused("a lease of " + ttl + "; " + GUARANTEES.leastTtl() + " to "
                    + GUARANTEES.greatestTtl() + " is accepted");
        }
    }
}
