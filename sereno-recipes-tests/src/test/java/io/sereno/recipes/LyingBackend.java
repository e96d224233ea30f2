package io.sereno.recipes;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Gives the recipe the answers that a recipe with the bug would assume. So the real code runs with the planted bug, and
 * needs no switch for it.
 */
public class LyingBackend implements Backend {
    public enum Lie {
        NONE,
        /** No check after waking: a client that was woken takes the mutex for its own. */
        EVERY_CHECK_HOLDS,
        /** Renewals count although they were not acknowledged: the client believes until the store says otherwise. */
        EVERY_RENEWAL_COUNTS,
        /** A lost reply counts as a request without effect. */
        UNKNOWN_MEANS_NOT_APPLIED
    }

    private final Backend real;
    private final Lie lie;

    public LyingBackend(Backend real, Lie lie) {
        this.real = real;
        this.lie = lie;
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        boolean check = commit.writes().isEmpty();
        boolean ofSession = commit.directory().equals("session");
        boolean lied = ofSession ? lie == Lie.EVERY_RENEWAL_COUNTS : lie == Lie.EVERY_CHECK_HOLDS;
        if (check && lied) {
            return CompletableFuture.completedStage(new CommitResult.Committed(0, Optional.empty()));
        }
        CompletionStage<CommitResult> result = real.commit(commit);
        return lie == Lie.UNKNOWN_MEANS_NOT_APPLIED && !ofSession ? result.exceptionally(LyingBackend::deny) : result;
    }

    private static CommitResult deny(Throwable unknown) {
        throw new CompletionException(new BackendException(
                BackendException.Outcome.NOT_APPLIED, false, "the test requested this answer", unknown));
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return real.grantLease(ttl).thenApply(lease -> lie == Lie.EVERY_RENEWAL_COUNTS ? new Immortal(lease) : lease);
    }

    private record Immortal(Lease lease) implements Lease {
        @Override
        public long id() {
            return lease.id();
        }

        @Override
        public Duration ttl() {
            return lease.ttl();
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return lease.renew().handle((alive, failure) -> true);
        }

        @Override
        public CompletionStage<Void> revoke() {
            return lease.revoke();
        }
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return real.read(query);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return real.watch(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return real.directories(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return real.guarantees();
    }

    @Override
    public void close() {
        real.close();
    }
}
