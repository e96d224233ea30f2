package io.sereno.backend.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Names;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/** One client's way to a {@link MemoryStore}: checks sizes, and turns what the store refuses into failed stages. */
final class MemoryConnection implements Backend {
    private static final int MAX_OPERATIONS = 128;
    private static final int MAX_VALUE_BYTES = 1 << 20;
    private static final int MAX_COMMIT_BYTES = 4 << 20;

    private static final Guarantees GUARANTEES = new Guarantees(
            "memory",
            "in this JVM",
            Set.of(Promise.SNAPSHOT_READS),
            Duration.ofMillis(1),
            Duration.ofDays(365),
            Duration.ofNanos(1),
            // Entries are gone at the deadline itself; this is for the timer that tells those who watch.
            Duration.ofMillis(100),
            Duration.ZERO,
            Duration.ZERO,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            MAX_VALUE_BYTES,
            MAX_COMMIT_BYTES,
            Integer.MAX_VALUE,
            MAX_OPERATIONS,
            MAX_OPERATIONS);

    /** Guarded by the store's lock. */
    boolean closed;

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
            checkSizes(commit);
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
    public Guarantees guarantees() {
        return GUARANTEES;
    }

    @Override
    public void close() {
        if (store.close(this)) {
            onClose.run();
        }
    }

    private static void checkSizes(Commit commit) {
        checkCount("conditions", commit.conditions().size());
        checkCount("writes", commit.writes().size());
        long bytes = 0;
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                int size = put.value().size();
                if (size > MAX_VALUE_BYTES) {
                    throw MemoryStore.refused("the value of entry '" + put.name() + "' has " + size + " bytes, at most "
                            + MAX_VALUE_BYTES + " are accepted");
                }
                bytes += size;
            }
        }
        // Names are measured only when they can matter: each takes 512 bytes at most.
        if (bytes > MAX_COMMIT_BYTES - 2 * MAX_OPERATIONS * Names.MAX_BYTES) {
            bytes += nameBytes(commit);
            if (bytes > MAX_COMMIT_BYTES) {
                throw MemoryStore.refused("the names and values of the commit to directory '" + commit.directory()
                        + "' have " + bytes + " bytes together, at most " + MAX_COMMIT_BYTES + " are accepted");
            }
        }
    }

    private static long nameBytes(Commit commit) {
        return Stream.concat(
                        commit.conditions().stream().map(Condition::name),
                        commit.writes().stream().map(Write::name))
                .mapToLong(name -> name.getBytes(UTF_8).length)
                .sum();
    }

    private static void checkCount(String what, int count) {
        if (count > MAX_OPERATIONS) {
            throw MemoryStore.refused(
                    count + " " + what + " in one commit, at most " + MAX_OPERATIONS + " are accepted");
        }
    }

    private static void checkTtl(Duration ttl) {
        if (ttl.compareTo(GUARANTEES.leastTtl()) < 0 || ttl.compareTo(GUARANTEES.greatestTtl()) > 0) {
            throw MemoryStore.refused("a lease of " + ttl + "; " + GUARANTEES.leastTtl() + " to "
                    + GUARANTEES.greatestTtl() + " is accepted");
        }
    }
}
