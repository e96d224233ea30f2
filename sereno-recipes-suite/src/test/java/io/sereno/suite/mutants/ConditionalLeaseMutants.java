package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Leases that end correctly, except for some of their entries, some of their uses, or some of the ways they end. */
final class ConditionalLeaseMutants {
    private static final Duration LATE = Duration.ofMillis(60);

    private ConditionalLeaseMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.connected(
                        "LEA-1c",
                        "a ttl is compared in milliseconds, so a ttl just below zero is accepted",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkTtl(Duration ttl) {
                                if (ttl.plusMillis(1).isNegative() || ttl.isZero()) {
                                    super.checkTtl(ttl);
                                }
                            }
                        }),
                LeaseMutants.guaranteeing("LEA-3b", "the declared lateness is slightly above the allowed one", 2_001),
                Mutant.store(
                        "LEA-3c",
                        "the second lease of a client gets two ttls too many",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Duration life(PlainLease lease) {
                                boolean first = leases.values().stream()
                                        .filter(other -> other.client() == lease.client())
                                        .allMatch(other -> other.id() >= lease.id());
                                return first ? lease.ttl() : lease.ttl().multipliedBy(3);
                            }
                        }),
                Mutant.store(
                        "LEA-4a",
                        "entries of an ended lease are deleted a hundred at a time",
                        world -> new LastsLater(world) {
                            @Override
                            boolean isLater(Entry entry, int place) {
                                return place >= 100;
                            }
                        }),
                Mutant.store(
                        "LEA-4a",
                        "entries put again under their lease are deleted a moment after the others",
                        world -> new LastsLater(world) {
                            @Override
                            boolean isLater(Entry entry, int place) {
                                return entry.modRevision() > entry.createRevision();
                            }
                        }),
                Mutant.store(
                        "LEA-4a",
                        "entries without a value stay when their lease ends",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                List<Entry> found = entries.stream()
                                        .filter(entry -> !entry.value().equals(Bytes.EMPTY))
                                        .toList();
                                if (!found.isEmpty()) {
                                    super.end(directory, found);
                                }
                            }
                        }),
                Mutant.store(
                        "LEA-4b",
                        "the end of a lease borrows the revision of the next commit",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                for (Entry entry : entries) {
                                    remove(directory, entry.name());
                                    announce(directory, entry.name(), revision + 1);
                                }
                            }
                        }),
                Mutant.store(
                        "LEA-4b",
                        "each entry that ends with a lease is announced with one revision more",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                long at = next(directory);
                                for (Entry entry : entries) {
                                    remove(directory, entry.name());
                                    announce(directory, entry.name(), at++);
                                }
                            }
                        }),
                LeaseMutants.leasing(
                        "LEA-5b",
                        "revoking a lease that has expired is an error",
                        (world, lease) -> new Wrapper.OfLease(lease) {
                            private final long end =
                                    world.time().nanoTime() + lease.ttl().toNanos();

                            @Override
                            public CompletionStage<Void> revoke() {
                                return world.time().nanoTime() - end >= 0 ? LeaseMutants.noSuchLease() : super.revoke();
                            }
                        }),
                Mutant.store(
                        "LEA-5b",
                        "a second revocation deletes new entries with the lease's names",
                        world -> new LeaseMutants.ByName(world) {
                            @Override
                            void revoke(PlainLease lease) {
                                leases.remove(lease.id());
                                end(lease);
                            }
                        }),
                Mutant.store(
                        "LEA-6b",
                        "revoked entries are written again when their client is granted another lease",
                        Restored::new),
                Mutant.store(
                        "LEA-6b",
                        "an ended entry reappears when the entry that took its name is deleted",
                        world -> new Layered(world)),
                Mutant.client(
                        "LEA-7b",
                        "a commit with conditions under a dead lease ends as UNKNOWN",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenCompose(result -> result instanceof CommitResult.LeaseDead
                                                        && !commit.conditions().isEmpty()
                                                ? failedFuture(new BackendException(
                                                        Outcome.UNKNOWN, false, "transaction aborted", null))
                                                : completedFuture(result));
                            }
                        }),
                Mutant.client(
                        "LEA-7b",
                        "a commit with a returned read under a dead lease is reported as Committed",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenApply(result -> result instanceof CommitResult.LeaseDead
                                                        && commit.returning().isPresent()
                                                ? new CommitResult.Committed(0, Optional.empty())
                                                : result);
                            }
                        }),
                Mutant.store(
                        "LEA-9",
                        "an entry put again under another lease of its client ends with the first lease",
                        world -> new PlainStore(world.time()) {
                            private final Map<List<String>, Long> bound = new HashMap<>();

                            @Override
                            void apply(String directory, Write write, long at) {
                                super.apply(directory, write, at);
                                if (write instanceof Write.Put put && put.leaseId() != 0) {
                                    bound.putIfAbsent(List.of(directory, put.name()), put.leaseId());
                                }
                            }

                            @Override
                            void end(PlainLease lease) {
                                super.end(lease);
                                bound.forEach((name, id) -> entry(name.get(0), name.get(1))
                                        .filter(entry -> id == lease.id() && of(entry, lease))
                                        .ifPresent(entry -> end(name.get(0), List.of(entry))));
                            }

                            private boolean of(Entry entry, PlainLease lease) {
                                PlainLease other = leases.get(entry.leaseId());
                                return other != null && other.client() == lease.client();
                            }
                        }),
                Mutant.store(
                        "LEA-9",
                        "an entry that was put again twice is deleted with its first lease",
                        world -> new PlainStore(world.time()) {
                            private final Map<List<String>, Integer> lives = new HashMap<>();
                            private final Map<List<String>, Long> first = new HashMap<>();

                            @Override
                            void apply(String directory, Write write, long at) {
                                List<String> name = List.of(directory, write.name());
                                if (write instanceof Write.Put put
                                        && entry(directory, write.name()).isEmpty()) {
                                    lives.merge(name, 1, Integer::sum);
                                    first.putIfAbsent(name, put.leaseId());
                                }
                                super.apply(directory, write, at);
                            }

                            @Override
                            void end(PlainLease lease) {
                                super.end(lease);
                                first.forEach((name, id) -> entry(name.get(0), name.get(1))
                                        .filter(entry -> id == lease.id() && lives.getOrDefault(name, 0) > 2)
                                        .ifPresent(entry -> end(name.get(0), List.of(entry))));
                            }
                        }),
                Mutant.store(
                        "LEA-11a",
                        "of leases that were renewed together one ends every five milliseconds",
                        OneByOne::new),
                Mutant.store(
                        "LEA-11b",
                        "the end of a lease reaches a hundred directories",
                        world -> new PlainStore(world.time()) {
                            private int reached;

                            @Override
                            void end(PlainLease lease) {
                                reached = 0;
                                super.end(lease);
                            }

                            @Override
                            void end(String directory, List<Entry> entries) {
                                if (reached++ < 100) {
                                    super.end(directory, entries);
                                }
                            }
                        }),
                Mutant.store(
                        "LEA-11b",
                        "only the first 999 entries of a lease are deleted",
                        world -> new PlainStore(world.time()) {
                            private int left;

                            @Override
                            void end(PlainLease lease) {
                                left = 999;
                                super.end(lease);
                            }

                            @Override
                            void end(String directory, List<Entry> entries) {
                                int now = Math.min(left, entries.size());
                                left -= now;
                                if (now > 0) {
                                    super.end(directory, entries.subList(0, now));
                                }
                            }
                        }),
                Mutant.connected(
                        "LEA-11c",
                        "no renewal is sent while the wall clock is before the last one",
                        (world, config) -> LeaseMutants.leased(
                                new PlainClient(world.store(config), config), lease -> new Wrapper.OfLease(lease) {
                                    private Instant last = config.time().wall();

                                    @Override
                                    public CompletionStage<Boolean> renew() {
                                        Instant now = config.time().wall();
                                        if (now.isBefore(last)) {
                                            return completedFuture(true);
                                        }
                                        last = now;
                                        return super.renew();
                                    }
                                })),
                Mutant.connected(
                        "LEA-11c",
                        "a lease that is past its end by the wall clock is not renewed",
                        (world, config) -> LeaseMutants.leased(
                                new PlainClient(world.store(config), config), lease -> new Wrapper.OfLease(lease) {
                                    private Instant end = config.time().wall().plus(lease.ttl());

                                    @Override
                                    public CompletionStage<Boolean> renew() {
                                        Instant now = config.time().wall();
                                        if (now.isAfter(end)) {
                                            return completedFuture(false);
                                        }
                                        end = now.plus(lease.ttl());
                                        return super.renew();
                                    }
                                })),
                Mutant.library(
                        "LEA-13",
                        "an entry created under an ended lease is put under the latest lease",
                        (world, network, executor) -> new Rebound(network)),
                Mutant.store(
                        "LEA-14",
                        "an entry put under a lease before the reaping is reaped too",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                super.end(directory, entries);
                                world.later(
                                        LATE,
                                        Runnable::run,
                                        () -> step(() -> {
                                            entries.forEach(old -> entry(directory, old.name())
                                                    .filter(entry -> entry.leaseId() != 0)
                                                    .ifPresent(entry -> super.end(directory, List.of(entry))));
                                            return null;
                                        }));
                            }
                        }),
                Mutant.store(
                        "LEA-14",
                        "the reaping deletes an entry with the value of the ended one",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                super.end(directory, entries);
                                world.later(
                                        LATE,
                                        Runnable::run,
                                        () -> step(() -> {
                                            entries.forEach(old -> entry(directory, old.name())
                                                    .filter(entry ->
                                                            entry.value().equals(old.value()))
                                                    .ifPresent(entry -> super.end(directory, List.of(entry))));
                                            return null;
                                        }));
                            }
                        }),
                Mutant.connected(
                        "LEA-15a",
                        "a client has one lease less than it declares",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkTtl(Duration ttl) {
                                super.checkTtl(ttl);
                                long live = store.leases.values().stream()
                                        .filter(lease -> lease.client() == this)
                                        .count();
                                checkSize("leases", live + 1, guarantees().maxLeases() - 1L);
                            }
                        }),
                Mutant.client(
                        "LEA-15a",
                        "an entry put under one of many leases is bound to the first",
                        (world, below) -> new Wrapper(below) {
                            private final List<Long> ids = new ArrayList<>();

                            @Override
                            public synchronized CompletionStage<CommitResult> commit(Commit commit) {
                                boolean many = ids.indexOf(PlainStore.leaseOf(commit)) >= 12;
                                return super.commit(many ? LeaseMutants.under(commit, ids.get(0)) : commit);
                            }

                            @Override
                            public synchronized CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl).thenApply(lease -> {
                                    ids.add(lease.id());
                                    return lease;
                                });
                            }
                        }));
    }

    /** Some entries of an ended lease disappear a moment after the others. */
    private abstract static class LastsLater extends PlainStore {
        private final World world;

        LastsLater(World world) {
            super(world.time());
            this.world = world;
        }

        abstract boolean isLater(Entry entry, int place);

        @Override
        void end(String directory, List<Entry> entries) {
            List<Entry> now = new ArrayList<>();
            List<Entry> later = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                (isLater(entries.get(i), i) ? later : now).add(entries.get(i));
            }
            if (!now.isEmpty()) {
                super.end(directory, now);
            }
            if (!later.isEmpty()) {
                world.later(
                        LATE,
                        Runnable::run,
                        () -> step(() -> {
                            super.end(directory, later);
                            return null;
                        }));
            }
        }
    }

    /** Remembers a client's entries under a revoked lease, for its next session. */
    private static final class Restored extends PlainStore {
        private final Map<PlainClient, List<Runnable>> again = new HashMap<>();

        Restored(World world) {
            super(world.time());
        }

        @Override
        void revoke(PlainLease lease) {
            directories.forEach((path, entries) -> entries.values().stream()
                    .filter(entry -> entry.leaseId() == lease.id())
                    .forEach(entry -> again.computeIfAbsent(lease.client(), client -> new ArrayList<>())
                            .add(() -> {
                                if (entry(path, entry.name()).isEmpty()) {
                                    store(path, entry);
                                }
                            })));
            super.revoke(lease);
        }

        @Override
        PlainLease grant(PlainClient client, Duration ttl) {
            List<Runnable> before = again.remove(client);
            if (before != null) {
                before.forEach(Runnable::run);
            }
            return super.grant(client, ttl);
        }
    }

    /** Keeps expired entries underneath later ones. */
    private static final class Layered extends PlainStore {
        private final Map<List<String>, Entry> below = new HashMap<>();

        Layered(World world) {
            super(world.time());
        }

        @Override
        void expire(PlainLease lease) {
            directories.forEach((path, entries) -> entries.values().stream()
                    .filter(entry -> entry.leaseId() == lease.id())
                    .forEach(entry -> below.put(List.of(path, entry.name()), entry)));
            super.expire(lease);
        }

        @Override
        void apply(String directory, Write write, long at) {
            super.apply(directory, write, at);
            Entry old = below.get(List.of(directory, write.name()));
            if (old != null && write instanceof Write.Delete) {
                store(directory, old);
            }
        }
    }

    /** Ends renewed leases one after another. */
    private static final class OneByOne extends PlainStore {
        private final Set<Long> renewed = new HashSet<>();
        private long last;
        private boolean due;

        OneByOne(World world) {
            super(world.time());
        }

        @Override
        boolean renew(PlainLease lease) {
            renewed.add(lease.id());
            return super.renew(lease);
        }

        @Override
        void expire(PlainLease lease) {
            if (renewed.contains(lease.id())) {
                if (time.nanoTime() - last < 5_000_000) {
                    if (!due) {
                        due = true;
                        time.schedule(Duration.ofMillis(5), Runnable::run, this::goOn);
                    }
                    return;
                }
                last = time.nanoTime();
            }
            super.expire(lease);
        }

        private void goOn() {
            step(() -> {
                due = false;
                expire();
                return null;
            });
        }
    }

    /** Has one session, and takes it for the session of every lease. */
    private static final class Rebound extends Wrapper {
        private final Map<Long, Long> latest = new ConcurrentHashMap<>();

        Rebound(io.sereno.spi.Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return super.grantLease(ttl).thenApply(lease -> {
                latest.put(0L, lease.id());
                return lease;
            });
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit)
                    .thenCompose(result -> result instanceof CommitResult.LeaseDead
                                    && commit.conditions().stream().anyMatch(Condition.Absent.class::isInstance)
                            ? super.commit(LeaseMutants.under(commit, latest.getOrDefault(0L, 0L)))
                            : completedFuture(result));
        }
    }
}
