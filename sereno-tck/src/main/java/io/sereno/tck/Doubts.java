package io.sereno.tck;

import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a rule does about commits that ended UNKNOWN though the kit made no fault: a store may leave one in doubt at any time,
 * and says nothing about itself by it.
 *
 * <p>A commit is settled by what stands: once the entry that it puts is there, with a revision that is greater than all that
 * were seen before, it was carried out. One that does not turn up for a while is sent again, and stays in doubt: it may come
 * later yet. What goes wrong in a run with such a commit may be its work, so that the rule is begun again from nothing.
 */
final class Doubts {
    /** A store that leaves every commit in doubt lets nobody prepare anything. */
    static final int ATTEMPTS = 8;

    private static final int LOOKS = 15;

    /** Real time is dear: what comes later than that is met by beginning anew. */
    private static final Duration REAL_PAUSE = Duration.ofMillis(20);

    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int DIRECTORIES = 64;

    private final Bench bench;

    /** Guarded by itself: the greatest revision that was seen in each directory, of those that were used last. */
    private final Map<String, Long> revisions = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > DIRECTORIES;
        }
    };

    private volatile @Nullable String open;

    Doubts(Bench bench) {
        this.bench = bench;
    }

    /** The first commit that is not settled and may come yet; empty if there is none. */
    Optional<String> open() {
        return Optional.ofNullable(open);
    }

    /** Writes down what a store leaves in doubt that nothing stands before. */
    Backend witness(Backend backend) {
        return new Between(backend) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit).whenComplete((result, failure) -> {
                    if (!commit.writes().isEmpty()) {
                        witness(new Request.Commit(commit).toString(), Ended.with(result, failure));
                    }
                });
            }

            @Override
            public CompletionStage<Lease> grantLease(Duration ttl) {
                return super.grantLease(ttl).thenApply(lease -> new WitnessedLease(lease, Doubts.this));
            }
        };
    }

    /** Writes down what ended in doubt. */
    private void witness(String what, Ended<?> ended) {
        if (open == null && ended.failedAs(Outcome.UNKNOWN)) {
            open = what + " ended as " + ended;
        }
    }

    private record WitnessedLease(Lease lease, Doubts doubts) implements Lease {
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
            return lease.renew()
                    .whenComplete((renewed, failure) ->
                            doubts.witness("renew lease " + lease.id(), Ended.with(renewed, failure)));
        }

        @Override
        public CompletionStage<Void> revoke() {
            return lease.revoke()
                    .whenComplete((nothing, failure) ->
                            doubts.witness("revoke lease " + lease.id(), Ended.with(null, failure)));
        }
    }

    /** How a commit ended, for certain unless it is in doubt again and again. */
    Ended<CommitResult> settled(Client client, Commit commit) {
        long before = latest(commit.directory());
        Ended<CommitResult> ended = client.raw(commit);
        for (int i = 1; i < ATTEMPTS && isInDoubt(commit, ended); i++) {
            Optional<CommitResult> seen = seen(client, commit, before);
            if (seen.isPresent()) {
                return Ended.with(seen.get(), null);
            }
            if (!commit.writes().isEmpty()) {
                witness(new Request.Commit(commit).toString(), ended);
            }
            ended = client.raw(commit);
        }
        if (ended.succeeded() && ended.result() instanceof CommitResult.Committed committed) {
            see(commit.directory(), committed.revision());
        }
        return ended;
    }

    /** A check writes nothing, so that its doubt may be told as NOT_APPLIED as well. */
    private static boolean isInDoubt(Commit commit, Ended<CommitResult> ended) {
        return ended.failedAs(Outcome.UNKNOWN)
                || (commit.writes().isEmpty() && ended.failedAs(Outcome.NOT_APPLIED) && !ended.isRefused());
    }

    /** What a commit has done, if it is to be seen by what it puts. Deletes leave nothing that would tell whose they were. */
    private Optional<CommitResult> seen(Client client, Commit commit, long before) {
        Optional<Write.Put> sign = commit.writes().stream()
                .filter(Write.Put.class::isInstance)
                .map(Write.Put.class::cast)
                .findFirst();
        for (int look = 0; sign.isPresent() && look < LOOKS; look++) {
            Write.Put put = sign.get();
            Optional<Entry> found = client.one(commit.directory(), put.name())
                    .filter(entry -> entry.modRevision() > before
                            && entry.leaseId() == put.leaseId()
                            && entry.value().equals(put.value()));
            if (found.isPresent()) {
                see(commit.directory(), found.get().modRevision());
                return found.map(entry -> new CommitResult.Committed(entry.modRevision(), Optional.empty()));
            }
            bench.pass(bench.kit().pace().isReal() ? REAL_PAUSE : PAUSE);
        }
        return Optional.empty();
    }

    private long latest(String directory) {
        synchronized (revisions) {
            return revisions.getOrDefault(directory, 0L);
        }
    }

    private void see(String directory, long revision) {
        synchronized (revisions) {
            revisions.merge(directory, revision, Math::max);
        }
    }
}
