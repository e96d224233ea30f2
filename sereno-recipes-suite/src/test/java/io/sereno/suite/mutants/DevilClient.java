package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.Devil.Trait.*;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
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

/** A client of a {@link DevilStore}: what a {@link Devil} does to requests and their answers. */
final class DevilClient extends PlainClient {
    private final Devil devil;
    private final World world;
    private final Guarantees guarantees;

    /** Guarded by the store's lock: commits that their callers consider lost. */
    private final List<Late> late = new ArrayList<>();

    private DevilClient(Devil devil, World world, BackendConfig config) {
        super(world.store(config), config);
        this.devil = devil;
        this.world = world;
        this.guarantees = devil.guarantees();
    }

    static Backend connect(Devil devil, World world, BackendConfig config) {
        Backend client = new DevilClient(devil, world, config);
        if (devil.is(MIXED_MOMENTS)) {
            client = new ReadMutants.MixedMoments(world, client);
        }
        if (devil.is(SNAPSHOTS_READ_LATER)) {
            client = new SnapshotsReadLater(client);
        }
        if (devil.is(LOST_SNAPSHOTS) || devil.is(CONFLICTS_WITHOUT_SNAPSHOT)) {
            client = new Forgetful(client, devil, world);
        }
        if (devil.is(OVERTAKING) || devil.is(SLOW_ANSWERS)) {
            client = new Meandering(client, devil, world, config.executor());
        }
        return client;
    }

    @Override
    public Guarantees guarantees() {
        return guarantees;
    }

    @Override
    PlainWatch open(Target target, WatchListener listener) {
        return new PlainWatch(store, target, listener, executor(devil, world, config)) {
            @Override
            int next(int waiting) {
                return devil.is(SHUFFLED_NOTICES) ? world.random().nextInt(waiting) : 0;
            }
        };
    }

    private static Executor executor(Devil devil, World world, BackendConfig config) {
        if (devil.is(NOTICES_AT_THE_LAST_MOMENT)) {
            return task -> world.later(devil.guarantees().noticeLateness(), config.executor(), task);
        }
        return devil.is(SLOW_NOTICES)
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
        if (!certain && devil.is(COMMITS_IN_DOUBT) && world.chance(50)) {
            if (world.random().nextBoolean()) {
                arrive(commit);
            }
            throw commit.writes().isEmpty()
                    ? new BackendException(Outcome.NOT_APPLIED, false, "no answer came", null)
                    : doubt();
        }
        if (!certain && devil.is(COMMITS_IN_DOUBT_COME_LATE) && world.chance(50)) {
            Late one = new Late(commit, 1 + world.random().nextInt(5));
            late.add(one);
            world.later(
                    Duration.ofMillis(1 + world.random().nextInt(1_000)),
                    Runnable::run,
                    () -> store.step(() -> {
                        if (late.remove(one)) {
                            arrive(commit);
                        }
                        return null;
                    }));
            throw doubt();
        }
        return super.carryOut(commit);
    }

    @Override
    <T> T carryOut(Supplier<T> request) {
        if (devil.is(LEASES_IN_DOUBT) && world.chance(50)) {
            if (world.random().nextBoolean()) {
                var unused = request.get();
            }
            throw doubt();
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

    private static BackendException doubt() {
        return new BackendException(Outcome.UNKNOWN, false, "no answer came", null);
    }

    // ---- reads that commits return

    /** The read is a separate request, as on a store whose transactions return nothing. */
    private static final class SnapshotsReadLater extends Wrapper {
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
    private static final class Forgetful extends Wrapper {
        private final Devil devil;
        private final World world;

        Forgetful(Backend below, Devil devil, World world) {
            super(below);
            this.devil = devil;
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).thenApply(result -> {
                boolean conflict = result instanceof CommitResult.Conflict;
                boolean lost = (conflict && devil.is(CONFLICTS_WITHOUT_SNAPSHOT))
                        || (devil.is(LOST_SNAPSHOTS) && world.chance(50));
                return lost ? with(result, Optional.empty()) : result;
            });
        }
    }
}
