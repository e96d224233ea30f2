package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Leases that end too early, too late, in part, or not at all. */
final class LeaseMutants {
    private static final Duration LATE = Duration.ofMillis(50);

    private LeaseMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.store("LEA-1a", "the ttl is rounded down", world -> new PlainStore(world.time()) {
                    @Override
                    Duration granted(Duration ttl) {
                        return ttl.toMillis() % 1_000 == 0
                                ? ttl
                                : ttl.minusMillis(ttl.toMillis() % 1_000).plusMillis(1);
                    }
                }),
                Mutant.store(
                        "LEA-1a",
                        "a ttl of up to a minute is raised to a minute",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Duration granted(Duration ttl) {
                                return ttl.compareTo(Duration.ofMinutes(1)) < 0 ? Duration.ofMinutes(1) : ttl;
                            }
                        }),
                Mutant.connected(
                        "LEA-1b",
                        "a ttl that is too long is shortened",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                Duration most = guarantees().greatestTtl();
                                return super.grantLease(ttl.compareTo(most) > 0 ? most : ttl);
                            }
                        }),
                Mutant.connected(
                        "LEA-1b",
                        "a ttl above the greatest is granted as it is",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return ttl.compareTo(guarantees().greatestTtl()) > 0
                                        ? call(() -> store.grant(this, ttl))
                                        : super.grantLease(ttl);
                            }
                        }),
                Mutant.connected(
                        "LEA-1c",
                        "a ttl of zero is raised to the least",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                Duration least = guarantees().leastTtl();
                                return super.grantLease(ttl.isZero() ? least : ttl);
                            }
                        }),
                Mutant.store(
                        "LEA-1d", "ids are reused when their leases have ended", world -> new PlainStore(world.time()) {
                            @Override
                            long nextLease() {
                                long id = 1;
                                while (leases.containsKey(id)) {
                                    id++;
                                }
                                return id;
                            }
                        }),
                Mutant.store("LEA-1d", "ids are drawn from few numbers", world -> new PlainStore(world.time()) {
                    @Override
                    long nextLease() {
                        return 1L + world.random().nextInt(100);
                    }
                }),
                Mutant.store(
                        "LEA-2", "leases end a hundredth of their ttl early", world -> new PlainStore(world.time()) {
                            @Override
                            Duration life(PlainLease lease) {
                                return lease.ttl().minus(lease.ttl().dividedBy(100));
                            }
                        }),
                Mutant.store("LEA-2", "a renewal does not prolong anything", world -> new PlainStore(world.time()) {
                    @Override
                    boolean renew(PlainLease lease) {
                        return lives(lease.id());
                    }
                }),
                Mutant.store(
                        "LEA-3a",
                        "leases end when they are renewed or used, not by themselves",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void expire() {}

                            @Override
                            boolean lives(long lease) {
                                super.expire();
                                return super.lives(lease);
                            }
                        }),
                Mutant.store("LEA-3a", "leases end a whole ttl too late", world -> new PlainStore(world.time()) {
                    @Override
                    Duration life(PlainLease lease) {
                        return lease.ttl().multipliedBy(2);
                    }
                }),
                guaranteeing("LEA-3b", "ten seconds of lateness are declared", 10_000),
                Mutant.store(
                        "LEA-3c",
                        "a lease of a client that is gone lives for three ttls",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Duration life(PlainLease lease) {
                                return lease.ttl().multipliedBy(3).plusSeconds(1);
                            }
                        }),
                Mutant.store(
                        "LEA-4a", "entries of an ended lease are deleted one after another", LeaseMutants::oneByOne),
                Mutant.store(
                        "LEA-4b",
                        "the end of a lease's entries is announced with an old revision",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                next(directory);
                                for (Entry entry : entries) {
                                    remove(directory, entry.name());
                                    announce(directory, entry.name(), revision + 1_000);
                                }
                            }
                        }),
                Mutant.store(
                        "LEA-5a",
                        "revoke() is acked before anything is deleted",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void revoke(PlainLease lease) {
                                if (leases.remove(lease.id()) != null) {
                                    world.later(
                                            LATE,
                                            Runnable::run,
                                            () -> step(() -> {
                                                end(lease);
                                                return null;
                                            }));
                                }
                            }
                        }),
                Mutant.store("LEA-5a", "revoke() deletes in one directory", world -> new PlainStore(world.time()) {
                    private boolean done;

                    @Override
                    void revoke(PlainLease lease) {
                        done = false;
                        super.revoke(lease);
                    }

                    @Override
                    void end(String directory, List<Entry> entries) {
                        if (!done) {
                            super.end(directory, entries);
                        }
                        done = true;
                    }
                }),
                leasing("LEA-5b", "revoking a dead lease is an error", (world, lease) -> new Wrapper.OfLease(lease) {
                    private boolean revoked;

                    @Override
                    public CompletionStage<Void> revoke() {
                        if (revoked) {
                            return noSuchLease();
                        }
                        revoked = true;
                        return super.revoke();
                    }
                }),
                leasing("LEA-6a", "renewing a dead lease returns true", (world, lease) -> new Wrapper.OfLease(lease) {
                    @Override
                    public CompletionStage<Boolean> renew() {
                        return super.renew().thenApply(alive -> true);
                    }
                }),
                leasing("LEA-6a", "renewing a dead lease is an error", (world, lease) -> new Wrapper.OfLease(lease) {
                    @Override
                    public CompletionStage<Boolean> renew() {
                        return super.renew().thenCompose(alive -> alive ? completedFuture(true) : noSuchLease());
                    }
                }),
                Mutant.store("LEA-6a", "a renewal revives a dead lease", world -> new PlainStore(world.time()) {
                    @Override
                    boolean renew(PlainLease lease) {
                        leases.putIfAbsent(lease.id(), lease);
                        prolong(lease);
                        return true;
                    }
                }),
                Mutant.store(
                        "LEA-6b",
                        "a write-behind cache writes an ended entry once more",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void expire(PlainLease lease) {
                                List<Runnable> again = new ArrayList<>();
                                directories.forEach((path, entries) -> entries.values().stream()
                                        .filter(entry -> entry.leaseId() == lease.id())
                                        .limit(1)
                                        .forEach(entry -> again.add(() -> {
                                            if (entry(path, entry.name()).isEmpty()) {
                                                store(path, entry);
                                            }
                                        })));
                                super.expire(lease);
                                world.later(
                                        Duration.ofMillis(300),
                                        Runnable::run,
                                        () -> step(() -> {
                                            again.forEach(Runnable::run);
                                            return null;
                                        }));
                            }
                        }),
                Mutant.store(
                        "LEA-7a",
                        "a commit under a dead lease is stored without it",
                        world -> new PlainStore(world.time()) {
                            @Override
                            CommitResult commit(Commit commit) {
                                CommitResult result = super.commit(commit);
                                return result instanceof CommitResult.LeaseDead
                                        ? super.commit(unleased(commit))
                                        : result;
                            }
                        }),
                Mutant.store(
                        "LEA-7a",
                        "of a commit under a dead lease the writes without a lease are applied",
                        world -> new PlainStore(world.time()) {
                            @Override
                            CommitResult commit(Commit commit) {
                                CommitResult result = super.commit(commit);
                                if (result instanceof CommitResult.LeaseDead) {
                                    List<Write> rest = commit.writes().stream()
                                            .filter(write -> !(write instanceof Write.Put put && put.leaseId() != 0))
                                            .toList();
                                    super.commit(new Commit(
                                            commit.directory(), commit.conditions(), rest, Optional.empty()));
                                }
                                return result;
                            }
                        }),
                Mutant.client(
                        "LEA-7b",
                        "a commit under a dead lease is reported as Committed",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenCompose(result -> result instanceof CommitResult.LeaseDead
                                                ? completedFuture(
                                                        new CommitResult.Committed(1_000_000, Optional.empty()))
                                                : completedFuture(result));
                            }
                        }),
                Mutant.store(
                        "LEA-8",
                        "all leases of a client live as long as the first",
                        world -> new PlainStore(world.time()) {
                            private final Map<PlainClient, Duration> first = new ConcurrentHashMap<>();

                            @Override
                            Duration life(PlainLease lease) {
                                return first.computeIfAbsent(lease.client(), client -> lease.ttl());
                            }
                        }),
                Mutant.store(
                        "LEA-8", "a renewal prolongs all leases of its client", world -> new PlainStore(world.time()) {
                            @Override
                            boolean renew(PlainLease lease) {
                                leases.values().stream()
                                        .filter(other -> other.client() == lease.client())
                                        .forEach(this::prolong);
                                return lives(lease.id());
                            }
                        }),
                Mutant.store("LEA-9", "the end of a lease deletes entries that were put again", ByName::new),
                Mutant.library(
                        "LEA-10",
                        "a lost connection revokes the leases",
                        (world, network, executor) -> new RevokedWithTheConnection(network)),
                Mutant.library(
                        "LEA-10",
                        "a renewal that fails once is never sent again",
                        (world, network, executor) -> leased(network, lease -> new Wrapper.OfLease(lease) {
                            private volatile boolean failed;

                            @Override
                            public CompletionStage<Boolean> renew() {
                                return failed
                                        ? completedFuture(false)
                                        : super.renew().whenComplete((alive, failure) -> failed |= failure != null);
                            }
                        })),
                Mutant.store("LEA-11a", "fifty leases are ended in a second", world -> new PlainStore(world.time()) {
                    private long second;
                    private int ended;

                    @Override
                    void expire(PlainLease lease) {
                        long now = time.nanoTime() / 1_000_000_000L;
                        ended = now == second ? ended + 1 : 0;
                        second = now;
                        if (ended < 50) {
                            super.expire(lease);
                        }
                    }
                }),
                Mutant.store(
                        "LEA-11b",
                        "two hundred entries of a lease are deleted, and the others stay",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                super.end(directory, entries.subList(0, Math.min(200, entries.size())));
                            }
                        }),
                Mutant.store(
                        "LEA-11c", "deadlines are computed with the wall clock", world -> new PlainStore(world.time()) {
                            private final Map<Long, java.time.Instant> until = new ConcurrentHashMap<>();

                            @Override
                            Duration life(PlainLease lease) {
                                until.put(lease.id(), time.wall().plus(lease.ttl()));
                                return lease.ttl();
                            }

                            @Override
                            void expire() {
                                for (PlainLease lease : List.copyOf(leases.values())) {
                                    if (!time.wall().isBefore(until.getOrDefault(lease.id(), java.time.Instant.MAX))) {
                                        expire(lease);
                                    }
                                }
                            }
                        }),
                Mutant.store(
                        "LEA-12",
                        "a lease past its end is renewed until it is reaped",
                        world -> new LateReaper(world, true)),
                Mutant.store(
                        "LEA-12",
                        "a lease past its end can be used until it is reaped",
                        world -> new LateReaper(world, false)),
                Mutant.library(
                        "LEA-13",
                        "a lease that has ended is replaced without a report",
                        (world, network, executor) -> new Replaced(network)),
                Mutant.store(
                        "LEA-14", "an entry put before the reaping is reaped too", world -> new ReapedLater(world)),
                Mutant.connected(
                        "LEA-15a",
                        "a client has ten leases",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkTtl(Duration ttl) {
                                super.checkTtl(ttl);
                                long live = store.leases.values().stream()
                                        .filter(lease -> lease.client() == this)
                                        .count();
                                checkSize("leases", live + 1, 10);
                            }
                        }),
                Mutant.connected(
                        "LEA-15b",
                        "one lease too many ends the oldest",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkTtl(Duration ttl) {
                                super.checkTtl(ttl);
                                List<PlainLease> own = store.leases.values().stream()
                                        .filter(lease -> lease.client() == this)
                                        .toList();
                                if (own.size() >= guarantees().maxLeases()) {
                                    store.revoke(own.get(0));
                                }
                            }
                        }),
                Mutant.connected(
                        "LEA-15b",
                        "the bytes of names under a lease are not counted",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkLease(Commit commit) {}
                        }));
    }

    /** Declares this many milliseconds of lateness. */
    static Mutant guaranteeing(String rule, String what, long millis) {
        return Mutant.client(rule, what, (world, below) -> new Wrapper(below) {
            @Override
            public Guarantees guarantees() {
                return super.guarantees().toBuilder()
                        .expiryLateness(Duration.ofMillis(millis))
                        .build();
            }
        });
    }

    static Mutant leasing(String rule, String what, java.util.function.BiFunction<World, Lease, Lease> leases) {
        return Mutant.client(rule, what, (world, below) -> leased(below, lease -> leases.apply(world, lease)));
    }

    static Backend leased(Backend below, UnaryOperator<Lease> leases) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<Lease> grantLease(Duration ttl) {
                return super.grantLease(ttl).thenApply(leases);
            }
        };
    }

    static <T> CompletionStage<T> noSuchLease() {
        return failedFuture(new BackendException(Outcome.NOT_APPLIED, false, "no such lease", null));
    }

    private static Commit unleased(Commit commit) {
        return under(commit, 0);
    }

    static Commit under(Commit commit, long lease) {
        List<Write> writes = commit.writes().stream()
                .map(write -> write instanceof Write.Put put && put.leaseId() != 0
                        ? new Write.Put(put.name(), put.value(), lease)
                        : write)
                .toList();
        return new Commit(commit.directory(), commit.conditions(), writes, commit.returning());
    }

    /** Deletes half of the entries at once, and half a moment later. */
    private static PlainStore oneByOne(World world) {
        return new PlainStore(world.time()) {
            @Override
            void end(String directory, List<Entry> entries) {
                int first = (entries.size() + 1) / 2;
                super.end(directory, entries.subList(0, first));
                if (first < entries.size()) {
                    world.later(
                            Duration.ofMillis(60),
                            Runnable::run,
                            () -> step(() -> {
                                super.end(directory, entries.subList(first, entries.size()));
                                return null;
                            }));
                }
            }
        };
    }

    /** Keeps a list of names for each lease. */
    static class ByName extends PlainStore {
        private final Map<Long, Set<List<String>>> names = new ConcurrentHashMap<>();

        ByName(World world) {
            super(world.time());
        }

        @Override
        void apply(String directory, Write write, long at) {
            super.apply(directory, write, at);
            if (write instanceof Write.Put put && put.leaseId() != 0) {
                names.computeIfAbsent(put.leaseId(), id -> ConcurrentHashMap.newKeySet())
                        .add(List.of(directory, put.name()));
            }
        }

        @Override
        void end(PlainLease lease) {
            for (List<String> one : names.getOrDefault(lease.id(), Set.of())) {
                entry(one.get(0), one.get(1)).ifPresent(entry -> end(one.get(0), List.of(entry)));
            }
        }
    }

    /** Takes a failure for the end of the session, and cleans up. */
    private static final class RevokedWithTheConnection extends Wrapper {
        private final List<Lease> leases = new java.util.concurrent.CopyOnWriteArrayList<>();

        RevokedWithTheConnection(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return super.grantLease(ttl).thenApply(lease -> {
                leases.add(lease);
                return new OfLease(lease) {
                    @Override
                    public CompletionStage<Boolean> renew() {
                        return super.renew().whenComplete((alive, failure) -> {
                            if (failure != null) {
                                leases.forEach(Lease::revoke);
                            }
                        });
                    }
                };
            });
        }
    }

    /** Grants itself another lease when one has ended, and continues with that. */
    private static final class Replaced extends Wrapper {
        private final Map<Long, Lease> replaced = new ConcurrentHashMap<>();

        Replaced(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            long id = PlainStore.leaseOf(commit);
            Lease other = replaced.get(id);
            return super.commit(other == null ? commit : under(commit, other.id()))
                    .thenCompose(result -> {
                        if (!(result instanceof CommitResult.LeaseDead)) {
                            return completedFuture(result);
                        }
                        return grantLease(Duration.ofSeconds(10)).thenCompose(lease -> {
                            replaced.put(id, lease);
                            return super.commit(under(commit, lease.id()));
                        });
                    });
        }
    }

    /**
     * Marks the names of an ended lease at its end, and deletes them somewhat later, whatever entries they have by
     * then.
     */
    private static final class ReapedLater extends PlainStore {
        private final World world;

        ReapedLater(World world) {
            super(world.time());
            this.world = world;
        }

        @Override
        void end(String directory, List<Entry> entries) {
            super.end(directory, entries);
            world.later(
                    LATE,
                    Runnable::run,
                    () -> step(() -> {
                        entries.forEach(old ->
                                entry(directory, old.name()).ifPresent(entry -> super.end(directory, List.of(entry))));
                        return null;
                    }));
        }
    }

    /** Reads use the deadline; everything else uses the reaper, which comes a little later. */
    private static final class LateReaper extends PlainStore {
        private static final Duration LATE = Duration.ofMillis(30);

        private final boolean renews;

        LateReaper(World world, boolean renews) {
            super(world.time());
            this.renews = renews;
        }

        @Override
        Duration life(PlainLease lease) {
            return lease.ttl().plus(LATE);
        }

        private boolean isOver(long id) {
            PlainLease lease = leases.get(id);
            return lease != null && time.nanoTime() - (lease.deadline - LATE.toNanos()) >= 0;
        }

        @Override
        Snapshot read(Query query) {
            Snapshot all = super.read(query);
            return new Snapshot(
                    all.entries().stream()
                            .filter(entry -> !isOver(entry.leaseId()))
                            .toList(),
                    all.more());
        }

        @Override
        boolean renew(PlainLease lease) {
            return (renews || !isOver(lease.id())) && super.renew(lease);
        }
    }
}
