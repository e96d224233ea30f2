package io.sereno.tck.mutants;

import static io.sereno.tck.mutants.Devil.Trait.EXPIRY_AT_THE_LAST_MOMENT;
import static io.sereno.tck.mutants.Devil.Trait.GAPS_BETWEEN_REVISIONS;
import static io.sereno.tck.mutants.Devil.Trait.LEAST_LIMITS;
import static io.sereno.tck.mutants.Devil.Trait.LOST_SNAPSHOTS;
import static io.sereno.tck.mutants.Devil.Trait.MIXED_MOMENTS;
import static io.sereno.tck.mutants.Devil.Trait.NOTICES_WITHOUT_REVISION;
import static io.sereno.tck.mutants.Devil.Trait.RESETS;
import static io.sereno.tck.mutants.Devil.Trait.SLOW_CALLBACKS;
import static io.sereno.tck.mutants.Devil.Trait.SPURIOUS_NOTICES;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * A backend that keeps every rule, and is as unpleasant as the rules allow: no rule must fail on it.
 *
 * @param name what it is like
 * @param traits what is unpleasant about it
 */
public record Devil(String name, Set<Trait> traits) {
    /** What a backend may do. */
    public enum Trait {
        /** A deletion is announced together with entries that did not change. */
        SPURIOUS_NOTICES,
        /** Deletes are announced with revision 0, and so are half of the puts. */
        NOTICES_WITHOUT_REVISION,
        /** Three changes of four are announced as a reset. */
        RESETS,
        /** Leases end as late as is declared, and at different moments in different directories. */
        EXPIRY_AT_THE_LAST_MOMENT,
        /** Up to a thousand revisions are left out. */
        GAPS_BETWEEN_REVISIONS,
        /** Nothing more is taken than everybody has to take. */
        LEAST_LIMITS,
        /** One returned read in twenty is missing. */
        LOST_SNAPSHOTS,
        /** A directory is listed first, and each value read afterwards, some of them later. */
        MIXED_MOMENTS,
        /** Notices arrive some time after their change. */
        SLOW_CALLBACKS
    }

    /** Those of every build: between them they have every trait. */
    public static List<Devil> usual() {
        return List.of(
                new Devil(
                        "a chatterer with the least limits",
                        EnumSet.of(SPURIOUS_NOTICES, NOTICES_WITHOUT_REVISION, GAPS_BETWEEN_REVISIONS, LEAST_LIMITS)),
                new Devil(
                        "a forgetful one that reads piece by piece", EnumSet.of(RESETS, LOST_SNAPSHOTS, MIXED_MOMENTS)),
                new Devil("a slow one", EnumSet.of(EXPIRY_AT_THE_LAST_MOMENT, SLOW_CALLBACKS)));
    }

    /** Each trait alone, too. */
    public static List<Devil> thorough() {
        List<Devil> all = new ArrayList<>(usual());
        for (Trait trait : Trait.values()) {
            all.add(new Devil(trait.toString().toLowerCase(Locale.ROOT).replace('_', ' '), EnumSet.of(trait)));
        }
        return all;
    }

    private boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** A world of its own for one run of the kit. */
    public World world(long seed) {
        return new World(
                new World.Backends() {
                    @Override
                    public PlainStore store(World world) {
                        return new Store(world);
                    }

                    @Override
                    public Backend connect(World world, BackendConfig config) {
                        return client(world, config);
                    }
                },
                seed);
    }

    private Guarantees guarantees() {
        Guarantees plain = PlainClient.GUARANTEES;
        boolean least = is(LEAST_LIMITS);
        return new Guarantees(
                "devil",
                name,
                is(MIXED_MOMENTS) ? Set.of() : plain.promises(),
                least ? Duration.ofSeconds(1) : plain.leastTtl(),
                plain.greatestTtl(),
                least ? Duration.ofSeconds(1) : plain.ttlGranularity(),
                is(EXPIRY_AT_THE_LAST_MOMENT) ? Duration.ofSeconds(2) : plain.expiryLateness(),
                plain.recovery(),
                plain.emptyDirectoryGrace(),
                least ? 16 : plain.maxLeases(),
                least ? 128 * 1024 : plain.maxLeaseBytes(),
                least ? 64 * 1024 : plain.maxValueBytes(),
                least ? 128 * 1024 : plain.maxCommitBytes(),
                least ? 1024 * 1024 : plain.maxListingBytes(),
                least ? 32 : plain.maxConditions(),
                least ? 32 : plain.maxWrites());
    }

    private Backend client(World world, BackendConfig config) {
        Guarantees guarantees = guarantees();
        Backend client = new PlainClient(world.store(config), config) {
            @Override
            public Guarantees guarantees() {
                return guarantees;
            }

            @Override
            PlainWatch open(Target target, WatchListener listener) {
                return new PlainWatch(
                        store,
                        target,
                        listener,
                        is(SLOW_CALLBACKS)
                                ? task -> world.later(
                                        Duration.ofMillis(1 + world.random().nextInt(40)), config.executor(), task)
                                : config.executor());
            }
        };
        if (is(MIXED_MOMENTS)) {
            client = new ReadMutants.MixedMoments(world, client);
        }
        if (is(LOST_SNAPSHOTS)) {
            client = withoutSnapshots(world, client);
        }
        return client;
    }

    private static Backend withoutSnapshots(World world, Backend below) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit).thenApply(result -> {
                    if (!world.chance(50)) {
                        return result;
                    }
                    return result instanceof CommitResult.Committed committed
                            ? new CommitResult.Committed(committed.revision(), Optional.empty())
                            : result instanceof CommitResult.Conflict
                                    ? new CommitResult.Conflict(Optional.empty())
                                    : result;
                });
            }
        };
    }

    private final class Store extends PlainStore {
        private final World world;

        Store(World world) {
            super(world.time());
            this.world = world;
        }

        @Override
        Duration granted(Duration ttl) {
            if (!is(LEAST_LIMITS) || ttl.toNanosPart() == 0) {
                return ttl;
            }
            return Duration.ofSeconds(ttl.toSeconds() + 1);
        }

        @Override
        long next(String directory) {
            if (is(GAPS_BETWEEN_REVISIONS)) {
                revision += world.random().nextInt(1_000);
            }
            return super.next(directory);
        }

        @Override
        void expire(PlainLease lease) {
            if (!is(EXPIRY_AT_THE_LAST_MOMENT)) {
                super.expire(lease);
                return;
            }
            leases.remove(lease.id());
            boolean last = true;
            for (String directory : List.copyOf(directories.keySet())) {
                long nanos = guarantees().expiryLateness().toNanos() - (time.nanoTime() - lease.deadline);
                Duration late = Duration.ofNanos(Math.max(
                        0, last ? nanos : (long) (nanos * world.random().nextDouble())));
                last = false;
                world.later(
                        late,
                        Runnable::run,
                        () -> step(() -> {
                            List<Entry> entries = entries(directory).stream()
                                    .filter(entry -> entry.leaseId() == lease.id())
                                    .toList();
                            if (!entries.isEmpty()) {
                                end(directory, entries);
                            }
                            return null;
                        }));
            }
        }

        @Override
        void revoke(PlainLease lease) {
            // Also what has ended and still stands here and there.
            leases.remove(lease.id());
            end(lease);
        }

        @Override
        void announce(PlainWatch watch, String name, long at) {
            if (is(RESETS) && world.chance(750)) {
                announceReset(watch);
                return;
            }
            boolean there = entry(watch.target().directory(), name).isPresent();
            boolean told =
                    !is(NOTICES_WITHOUT_REVISION) || (there && world.random().nextBoolean());
            super.announce(watch, name, told ? at : 0);
            if (is(SPURIOUS_NOTICES) && !there && watch.target().name().isEmpty()) {
                entries(watch.target().directory()).stream()
                        .filter(other -> world.chance(200))
                        .limit(3)
                        .forEach(other -> super.announce(watch, other.name(), 0));
            }
        }
    }

    @Override
    public String toString() {
        return name + " " + traits;
    }
}
