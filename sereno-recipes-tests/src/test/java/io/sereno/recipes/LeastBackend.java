package io.sereno.recipes;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Accepts no more than every backend has to accept, and says so. */
public final class LeastBackend implements Backend {
    private static final int VALUE_BYTES = 64 * 1024;
    private static final int COMMIT_BYTES = 128 * 1024;
    private static final int LISTING_BYTES = 1024 * 1024;
    private static final int OPERATIONS = 32;

    private final Backend store;

    public LeastBackend(Backend store) {
        this.store = store;
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        int bytes = commit.conditions().stream()
                .mapToInt(condition -> condition.name().length())
                .sum();
        for (Write write : commit.writes()) {
            int value = write instanceof Write.Put put ? put.value().size() : 0;
            if (value > VALUE_BYTES) {
                return refused("a value of " + value + " bytes");
            }
            bytes += write.name().length() + value;
        }
        if (bytes > COMMIT_BYTES
                || commit.writes().size() > OPERATIONS
                || commit.conditions().size() > OPERATIONS) {
            return refused("a commit of " + bytes + " bytes, " + commit.writes().size() + " writes and "
                    + commit.conditions().size() + " conditions");
        }
        return store.commit(commit);
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return store.read(query).thenCompose(snapshot -> {
            long bytes = 0;
            for (Entry entry : snapshot.entries()) {
                bytes += entry.name().length() + entry.value().size();
            }
            return bytes > LISTING_BYTES
                    ? refused("an answer of " + bytes + " bytes")
                    : CompletableFuture.completedStage(snapshot);
        });
    }

    private static <T> CompletionStage<T> refused(String what) {
        return CompletableFuture.failedStage(
                new BackendException(BackendException.Outcome.NOT_APPLIED, true, what + " is too large", null));
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return store.grantLease(ttl);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return store.watch(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return store.directories(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return store.guarantees().toBuilder()
                .maxLeases(16)
                .maxLeaseBytes(128 * 1024)
                .maxValueBytes(VALUE_BYTES)
                .maxCommitBytes(COMMIT_BYTES)
                .maxListingBytes(LISTING_BYTES)
                .maxConditions(OPERATIONS)
                .maxWrites(OPERATIONS)
                .build();
    }

    @Override
    public void close() {
        store.close();
    }
}
