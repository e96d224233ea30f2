package io.sereno.tck.run;

import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Write;
import io.sereno.tck.faults.Between;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a rule does about commits that ended UNKNOWN though the kit made no fault. A store may leave a commit's outcome
 * unknown at any time, and says nothing about itself by it.
 *
 * <p>A commit is settled by what is stored: it was applied once the entry that it puts is there, with a revision
 * greater than all seen before. A commit that does not show for a while is sent again, and its outcome stays unknown,
 * since it may still be applied later. It may have caused anything that goes wrong in the run, so the rule starts again
 * from nothing.
 */
public final class UnknownCommits {
    /** If a store leaves every commit's outcome unknown, no rule can prepare anything. */
    public static final int ATTEMPTS = 8;

    private static final int LOOKS = 15;

    /** Real time is expensive: if a commit is applied later than that, the rule starts again. */
    private static final Duration REAL_PAUSE = Duration.ofMillis(20);

    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int DIRECTORIES = 64;

    private final Bench bench;

    /** Guarded by itself: the greatest revision seen in each of the most recently used directories. */
    private final Map<String, Long> revisions = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > DIRECTORIES;
        }
    };

    private volatile @Nullable String open;

    UnknownCommits(Bench bench) {
        this.bench = bench;
    }

    /** The first commit that is not settled and may still be applied; empty if there is none. */
    public Optional<String> open() {
        return Optional.ofNullable(open);
    }

    /** Records calls that end UNKNOWN though there is no fault. */
    Backend witness(Backend backend) {
        return new Between(backend) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit).whenComplete((result, failure) -> {
                    if (!commit.writes().isEmpty()) {
                        witness(new Request.Commit(commit).toString(), CallResult.with(result, failure));
                    }
                });
            }

            @Override
            public CompletionStage<Lease> grantLease(Duration ttl) {
                return super.grantLease(ttl).thenApply(lease -> new WitnessedLease(lease, UnknownCommits.this));
            }
        };
    }

    /** Records calls that ended UNKNOWN. */
    private void witness(String what, CallResult<?> ended) {
        if (open == null && ended.failedAs(Outcome.UNKNOWN)) {
            open = what + " ended as " + ended;
        }
    }

    private record WitnessedLease(Lease lease, UnknownCommits unknownCommits) implements Lease {
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
                            unknownCommits.witness("renew lease " + lease.id(), CallResult.with(renewed, failure)));
        }

        @Override
        public CompletionStage<Void> revoke() {
            return lease.revoke()
                    .whenComplete((nothing, failure) ->
                            unknownCommits.witness("revoke lease " + lease.id(), CallResult.with(null, failure)));
        }
    }

    /** How a commit ended, with a known outcome unless the outcome is unknown again and again. */
    public CallResult<CommitResult> settled(Client client, Commit commit) {
        long before = latest(commit.directory());
        CallResult<CommitResult> ended = client.raw(commit);
        for (int i = 1; i < ATTEMPTS && isUnknown(commit, ended); i++) {
            Optional<CommitResult> seen = seen(client, commit, before);
            if (seen.isPresent()) {
                return CallResult.with(seen.get(), null);
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

    /** A check writes nothing, so its unknown outcome may be reported as NOT_APPLIED too. */
    private static boolean isUnknown(Commit commit, CallResult<CommitResult> ended) {
        return ended.failedAs(Outcome.UNKNOWN)
                || (commit.writes().isEmpty() && ended.failedAs(Outcome.NOT_APPLIED) && !ended.isRefused());
    }

    /**
     * What a commit has done, if the entry that it puts shows it. Deletes leave nothing that shows which commit made
     * them.
     */
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
