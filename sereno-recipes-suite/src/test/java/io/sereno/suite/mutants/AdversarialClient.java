package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.AdversarialBackend.Trait.*;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** A client of an {@link AdversarialStore}: what an {@link AdversarialBackend} does to requests and their answers. */
final class AdversarialClient extends PlainClient {
    private final AdversarialBackend adversary;
    private final World world;
    private final Guarantees guarantees;

    /** Guarded by the store's lock: commits that their callers consider lost. */
    private final List<Late> late = new ArrayList<>();

    private AdversarialClient(AdversarialBackend adversary, World world, BackendConfig config) {
        super(world.store(config), config);
        this.adversary = adversary;
        this.world = world;
        this.guarantees = adversary.guarantees();
    }

    static Backend connect(AdversarialBackend adversary, World world, BackendConfig config) {
        Backend client = new AdversarialClient(adversary, world, config);
        if (adversary.is(MIXED_MOMENTS)) {
            client = new ReadMutants.MixedMoments(world, client);
        }
        if (adversary.is(SNAPSHOTS_READ_LATER)) {
            client = new SnapshotsReadLater(client);
        }
        if (adversary.is(LOST_SNAPSHOTS) || adversary.is(NO_SNAPSHOTS) || adversary.is(CONFLICTS_WITHOUT_SNAPSHOT)) {
            client = new Forgetful(client, adversary, world);
        }
        if (adversary.is(OVERTAKING) || adversary.is(SLOW_ANSWERS)) {
            client = new Meandering(client, adversary, world, config.executor());
        }
        return client;
    }

    @Override
    public Guarantees guarantees() {
        return guarantees;
    }

    @Override
    PlainWatch open(Target target, WatchListener listener) {
        return new PlainWatch(store, target, listener, executor(adversary, world, config)) {
            @Override
            int next(int waiting) {
                return adversary.is(SHUFFLED_NOTICES) ? world.random().nextInt(waiting) : 0;
            }
        };
    }

    private static Executor executor(AdversarialBackend adversary, World world, BackendConfig config) {
        if (adversary.is(NOTICES_AT_THE_LAST_MOMENT)) {
            return task -> world.later(adversary.guarantees().noticeLateness(), config.executor(), task);
        }
        return adversary.is(SLOW_NOTICES)
                ? task -> world.later(Duration.ofMillis(1 + world.random().nextInt(40)), config.executor(), task)
                : config.executor();
    }

    // ---- unknown outcomes

    /** A commit that is still in transit, and arrives at the latest after this many more requests of its client. */
    private static final class Late {
        private final Commit commit;
        private int requests;

        Late(Commit commit, int requests) {
            this.commit = commit;
            this.requests = requests;
        }
    }

    @Override
    <T> CompletionStage<T> call(Supplier<T> request) {
        return super.call(() -> {
            T answer = request.get();
            for (Iterator<Late> each = late.iterator(); each.hasNext(); ) {
                Late one = each.next();
                if (--one.requests <= 0) {
                    each.remove();
                    arrive(one.commit);
                }
            }
            return answer;
        });
    }

    @Override
    CommitResult carryOut(Commit commit) {
        long lease = PlainStore.leaseOf(commit);
        // The outcome must be known for a request that names an ended lease.
        boolean certain = lease != 0 && !store.lives(lease);
        if (!certain && adversary.is(COMMITS_OF_UNKNOWN_OUTCOME) && world.chance(50)) {
            if (world.random().nextBoolean()) {
                arrive(commit);
            }
            throw commit.writes().isEmpty() ? Failures.notApplied("no answer came") : unknown();
        }
        if (!certain && adversary.is(LATE_COMMITS_OF_UNKNOWN_OUTCOME) && world.chance(50)) {
            Late one = new Late(commit, 1 + world.random().nextInt(5));
            late.add(one);
            world.later(
                    Duration.ofMillis(1 + world.random().nextInt(1_000)),
                    () -> store.step(() -> {
                        if (late.remove(one)) {
                            arrive(commit);
                        }
                        return null;
                    }));
            throw unknown();
        }
        return super.carryOut(commit);
    }

    @Override
    <T> T carryOut(Supplier<T> request) {
        if (adversary.is(LEASES_OF_UNKNOWN_OUTCOME) && world.chance(50)) {
            if (world.random().nextBoolean()) {
                var unused = request.get();
            }
            throw unknown();
        }
        return super.carryOut(request);
    }

    private void arrive(Commit commit) {
        try {
            store.commit(commit);
        } catch (BackendException refused) {
            // No caller receives it.
        }
    }

    private static BackendException unknown() {
        return Failures.unknown("no answer came");
    }

    // ---- reads that commits return

    /** The read is a separate request, as on a store whose transactions return nothing. */
    private static final class SnapshotsReadLater extends Hooks {
        SnapshotsReadLater(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (commit.returning().isEmpty()) {
                return super.commit(commit);
            }
            Commit alone = new Commit(commit.directory(), commit.conditions(), commit.writes(), Optional.empty());
            return super.commit(alone)
                    .thenCompose(result -> result instanceof CommitResult.LeaseDead
                            ? completedFuture(result)
                            : read(commit.returning().orElseThrow())
                                    .handle((read, failure) ->
                                            with(result, Optional.ofNullable(failure == null ? read : null))));
        }
    }

    private static CommitResult with(CommitResult result, Optional<Snapshot> read) {
        return result instanceof CommitResult.Committed committed
                ? new CommitResult.Committed(committed.revision(), read)
                : result instanceof CommitResult.Conflict ? new CommitResult.Conflict(read) : result;
    }

    /** Loses the read that a commit should return. */
    private static final class Forgetful extends Hooks {
        private final AdversarialBackend adversary;
        private final World world;

        Forgetful(Backend below, AdversarialBackend adversary, World world) {
            super(below);
            this.adversary = adversary;
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).thenApply(result -> {
                boolean conflict = result instanceof CommitResult.Conflict;
                boolean lost = adversary.is(NO_SNAPSHOTS)
                        || (conflict && adversary.is(CONFLICTS_WITHOUT_SNAPSHOT))
                        || (adversary.is(LOST_SNAPSHOTS) && world.chance(50));
                return lost ? with(result, Optional.empty()) : result;
            });
        }
    }
}
