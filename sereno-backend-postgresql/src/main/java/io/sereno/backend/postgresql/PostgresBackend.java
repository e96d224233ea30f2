package io.sereno.backend.postgresql;

import io.sereno.blocking.BlockingCalls;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** One client of a database. Each call is one statement over a connection that the helper keeps. */
final class PostgresBackend implements Backend {
    /** Of the bytes of a request that several commits share. */
    private static final int BYTES_OF_A_WEIGHT = Limits.COMMIT_BYTES / BlockingCalls.MAX_WEIGHT;

    private static final int ATTEMPTS_TO_CLEAR = 5;

    private final BlockingCalls<Link> calls;
    private final Requests requests;
    private final Guarantees guarantees;
    private final Watches watches;
    /** Granted here, and not known to have ended: a commit may name no other (COM-9b). */
    private final Set<Long> leases = ConcurrentHashMap.newKeySet();

    PostgresBackend(
            BlockingCalls<Link> calls, String namespace, Guarantees guarantees, TimeSource time, Executor executor) {
        this.calls = calls;
        this.requests = new Requests(namespace);
        this.guarantees = guarantees;
        this.watches = new Watches(calls, namespace, time, executor);
        watches.start();
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return calls.read("the read of directory '" + query.directory() + "'", link -> {
            Snapshot snapshot = requests.read(link, query);
            guarantees.requireFits(query.directory(), snapshot);
            return snapshot;
        });
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        try {
            guarantees.requireFits(commit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        if (commit.leaseId() != 0 && !leases.contains(commit.leaseId())) {
            return calls.isClosed()
                    ? CompletableFuture.failedFuture(calls.closedFailure())
                    : CompletableFuture.completedFuture(new CommitResult.LeaseDead());
        }
        return calls.share(
                        "the commit to directory '" + commit.directory() + "'",
                        true,
                        commit,
                        weight(commit),
                        new Requests.Commits(requests, commit.directory()))
                .thenApply(result -> {
                    if (result instanceof CommitResult.LeaseDead) {
                        leases.remove(commit.leaseId());
                    }
                    return result;
                });
    }

    private static int weight(Commit commit) {
        int bytes = 0;
        for (Write write : commit.writes()) {
            bytes += write instanceof Write.Put put ? put.value().size() : 0;
        }
        return Math.min(BlockingCalls.MAX_WEIGHT, 1 + bytes / BYTES_OF_A_WEIGHT);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        try {
            DirectoryPage.checkLimit(limit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return calls.read("the listing of directories", link -> requests.directories(link, cursor, limit));
    }

    /** If the answer is lost, the lease is granted again: one that nobody knows ends by itself. */
    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        if (ttl.compareTo(guarantees.leastTtl()) < 0 || ttl.compareTo(guarantees.greatestTtl()) > 0) {
            return CompletableFuture.failedFuture(new BackendException(
                    Outcome.NOT_APPLIED,
                    true,
                    "a ttl of " + ttl + "; " + guarantees.leastTtl() + " to " + guarantees.greatestTtl()
                            + " is accepted",
                    null));
        }
        Duration rounded = ttl.plusNanos(999).truncatedTo(java.time.temporal.ChronoUnit.MICROS);
        return calls.read("the grant of a lease", link -> {
            long id = requests.grant(link, rounded.toNanos() / 1_000);
            leases.add(id);
            return new PostgresLease(id, rounded);
        });
    }

    private final class PostgresLease implements Lease {
        private final long id;
        private final Duration ttl;

        PostgresLease(long id, Duration ttl) {
            this.id = id;
            this.ttl = ttl;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public Duration ttl() {
            return ttl;
        }

        @Override
        public CompletionStage<Boolean> renew() {
            if (!leases.contains(id) && !calls.isClosed()) {
                return CompletableFuture.completedFuture(false);
            }
            return calls.write("the renewal of a lease", link -> {
                boolean lives = requests.renew(link, id);
                if (!lives) {
                    leases.remove(id);
                }
                return lives;
            });
        }

        /** What a commit under way keeps from being deleted now is no longer seen, and is deleted by the next look. */
        @Override
        public CompletionStage<Void> revoke() {
            return calls.write("the revocation of a lease", link -> {
                        boolean isClear = requests.revoke(link, id);
                        for (int i = 0; i < ATTEMPTS_TO_CLEAR && !isClear; i++) {
                            isClear = requests.clear(link, id);
                        }
                        return leases.remove(id);
                    })
                    .thenAccept(wasKnown -> {});
        }
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return watches.watch(target, listener);
    }

    @Override
    public Guarantees guarantees() {
        return guarantees;
    }

    @Override
    public void close() {
        watches.end();
        calls.close();
    }
}
