package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongPredicate;

/** Leases that end too early, too late, in part, or not at all. */
final class LeaseMutants {
    private static final Duration LATE = Duration.ofMillis(50);

    private LeaseMutants() {}

    static void addTo(Mutants all) {
        grants(all);
        lives(all);
        ends(all);
        revocations(all);
        deadLeases(all);
        bindings(all);
        masses(all);
        lateReapers(all);
        limits(all);
    }

    private static void grants(Mutants all) {
        all.store("LEA-1a", "the ttl is rounded down")
                .with(store -> store.granted = ttl -> ttl.toMillis() % 1_000 == 0
                        ? ttl
                        : ttl.minusMillis(ttl.toMillis() % 1_000).plusMillis(1));
        all.store("LEA-1a", "a ttl of up to a minute is raised to a minute")
                .with(store ->
                        store.granted = ttl -> ttl.compareTo(Duration.ofMinutes(1)) < 0 ? Duration.ofMinutes(1) : ttl);
        all.client("LEA-1b", "a ttl that is too long is shortened").grants((world, below, ttl) -> {
            Duration most = below.guarantees().greatestTtl();
            return below.grantLease(ttl.compareTo(most) > 0 ? most : ttl);
        });
        all.connected("LEA-1b", "a ttl above the greatest is granted as it is")
                .by((world, config) -> new PlainClient(world.store(config), config) {
                    @Override
                    public CompletionStage<Lease> grantLease(Duration ttl) {
                        return ttl.compareTo(guarantees().greatestTtl()) > 0
                                ? call(() -> store.grant(this, ttl))
                                : super.grantLease(ttl);
                    }
                });
        all.client("LEA-1c", "a ttl of zero is raised to the least").grants((world, below, ttl) -> {
            Duration least = below.guarantees().leastTtl();
            return below.grantLease(ttl.isZero() ? least : ttl);
        });
        all.store("LEA-1d", "ids are reused when their leases have ended")
                .with(store -> store.nextLease = () -> {
                    long id = 1;
                    while (store.leases.containsKey(id)) {
                        id++;
                    }
                    return id;
                });
        all.store("LEA-1d", "ids are drawn from few numbers")
                .with((world, store) ->
                        store.nextLease = () -> 1L + world.random().nextInt(100));
    }

    private static void lives(Mutants all) {
        all.store("LEA-2", "leases end a hundredth of their ttl early")
                .with(store ->
                        store.life = lease -> lease.ttl().minus(lease.ttl().dividedBy(100)));
        all.store("LEA-2", "a renewal does not prolong anything")
                .with(store -> store.renew = lease -> store.lives(lease.id()));
        all.store("LEA-3a", "leases end when they are renewed or used, not by themselves")
                .with(store -> {
                    store.sweep = () -> {};
                    store.lives = lease -> {
                        store.sweep();
                        return store.lives(lease);
                    };
                });
        all.store("LEA-3a", "leases end a whole ttl too late")
                .with(store -> store.life = lease -> lease.ttl().multipliedBy(2));
        all.client("LEA-3b", "ten seconds of lateness are declared").in(guaranteeing(10_000));
        all.store("LEA-3c", "a lease of a client that is gone lives for three ttls")
                .with(store -> store.life = lease -> lease.ttl().multipliedBy(3).plusSeconds(1));
    }

    private static void ends(Mutants all) {
        all.store("LEA-4a", "entries of an ended lease are deleted one after another")
                .with(LeaseMutants::oneByOne);
        all.store("LEA-4b", "the end of a lease's entries is announced with an old revision")
                .with(store -> store.delete = (directory, entries) -> {
                    store.next(directory);
                    for (Entry entry : entries) {
                        store.remove(directory, entry.name());
                        store.announce(directory, entry.name(), store.revision + 1_000);
                    }
                });
    }

    private static void revocations(Mutants all) {
        all.store("LEA-5a", "revoke() is acked before anything is deleted")
                .with(store -> store.revoke = lease -> {
                    if (store.leases.remove(lease.id()) != null) {
                        store.later(LATE, () -> store.end(lease));
                    }
                });
        all.store("LEA-5a", "revoke() deletes in one directory").with(store -> {
            boolean[] done = {false};
            store.revoke = lease -> {
                done[0] = false;
                store.revoke(lease);
            };
            store.delete = (directory, entries) -> {
                if (!done[0]) {
                    store.delete(directory, entries);
                }
                done[0] = true;
            };
        });
        all.client("LEA-5b", "revoking a dead lease is an error").leases((world, lease) -> {
            AtomicBoolean revoked = new AtomicBoolean();
            return Hooks.revoking(lease, () -> revoked.getAndSet(true) ? noSuchLease() : lease.revoke());
        });
    }

    private static void deadLeases(Mutants all) {
        all.client("LEA-6a", "renewing a dead lease returns true")
                .leases((world, lease) ->
                        Hooks.renewing(lease, () -> lease.renew().thenApply(alive -> true)));
        all.client("LEA-6a", "renewing a dead lease is an error")
                .leases((world, lease) -> Hooks.renewing(
                        lease,
                        () -> lease.renew().thenCompose(alive -> alive ? completedFuture(true) : noSuchLease())));
        all.store("LEA-6a", "a renewal revives a dead lease")
                .with(store -> store.renew = lease -> {
                    store.leases.putIfAbsent(lease.id(), lease);
                    store.prolong(lease);
                    return true;
                });
        all.store("LEA-6b", "a write-behind cache writes an ended entry once more")
                .with(store -> store.expire = lease -> {
                    List<Runnable> again = new ArrayList<>();
                    store.directories.forEach((path, entries) -> entries.values().stream()
                            .filter(entry -> entry.leaseId() == lease.id())
                            .limit(1)
                            .forEach(entry -> again.add(() -> {
                                if (store.entry(path, entry.name()).isEmpty()) {
                                    store.store(path, entry);
                                }
                            })));
                    store.expire(lease);
                    store.later(Duration.ofMillis(300), () -> again.forEach(Runnable::run));
                });
        all.store("LEA-7a", "a commit under a dead lease is stored without it")
                .with(store -> store.commit = commit -> {
                    CommitResult result = store.commit(commit);
                    return result instanceof CommitResult.LeaseDead ? store.commit(unleased(commit)) : result;
                });
        all.store("LEA-7a", "of a commit under a dead lease the writes without a lease are applied")
                .with(store -> store.commit = commit -> {
                    CommitResult result = store.commit(commit);
                    if (result instanceof CommitResult.LeaseDead) {
                        List<Write> rest = commit.writes().stream()
                                .filter(write -> !(write instanceof Write.Put put && put.leaseId() != 0))
                                .toList();
                        store.commit(new Commit(commit.directory(), commit.conditions(), rest, Optional.empty()));
                    }
                    return result;
                });
        all.client("LEA-7b", "a commit under a dead lease is reported as Committed")
                .commits((world, below, commit) -> below.commit(commit)
                        .thenCompose(result -> result instanceof CommitResult.LeaseDead
                                ? completedFuture(new CommitResult.Committed(1_000_000, Optional.empty()))
                                : completedFuture(result)));
    }

    private static void bindings(Mutants all) {
        all.store("LEA-8", "all leases of a client live as long as the first").with(store -> {
            Map<PlainClient, Duration> first = new ConcurrentHashMap<>();
            store.life = lease -> first.computeIfAbsent(lease.client(), client -> lease.ttl());
        });
        all.store("LEA-8", "a renewal prolongs all leases of its client")
                .with(store -> store.renew = lease -> {
                    store.leases.values().stream()
                            .filter(other -> other.client() == lease.client())
                            .forEach(store::prolong);
                    return store.lives(lease.id());
                });
        all.store("LEA-9", "the end of a lease deletes entries that were put again")
                .with(LeaseMutants::byName);
        all.library("LEA-10", "a lost connection revokes the leases").with(LeaseMutants::revokedWithTheConnection);
        all.library("LEA-10", "a renewal that fails once is never sent again")
                .leases((world, lease) -> failedOnce(lease, false));
    }

    private static void masses(Mutants all) {
        all.store("LEA-11a", "fifty leases are ended in a second").with(store -> {
            long[] second = {0};
            int[] ended = {0};
            store.expire = lease -> {
                long now = store.time.nanoTime() / 1_000_000_000L;
                ended[0] = now == second[0] ? ended[0] + 1 : 0;
                second[0] = now;
                if (ended[0] < 50) {
                    store.expire(lease);
                }
            };
        });
        all.store("LEA-11b", "two hundred entries of a lease are deleted, and the others stay")
                .with(store -> store.delete = (directory, entries) ->
                        store.delete(directory, entries.subList(0, Math.min(200, entries.size()))));
        all.store("LEA-11c", "deadlines are computed with the wall clock").with(store -> {
            Map<Long, Instant> until = new ConcurrentHashMap<>();
            store.life = lease -> {
                until.put(lease.id(), store.time.wall().plus(lease.ttl()));
                return lease.ttl();
            };
            store.sweep = () -> {
                for (PlainLease lease : List.copyOf(store.leases.values())) {
                    if (!store.time.wall().isBefore(until.getOrDefault(lease.id(), Instant.MAX))) {
                        store.expire(lease);
                    }
                }
            };
        });
    }

    private static void lateReapers(Mutants all) {
        all.store("LEA-12", "a lease past its end is renewed until it is reaped")
                .with(store -> lateReaper(store, true));
        all.store("LEA-12", "a lease past its end can be used until it is reaped")
                .with(store -> lateReaper(store, false));
        all.library("LEA-13", "a lease that has ended is replaced without a report")
                .with(LeaseMutants::replaced);
        all.store("LEA-14", "an entry put before the reaping is reaped too").with(LeaseMutants::reapedLater);
    }

    private static void limits(Mutants all) {
        all.connected("LEA-15a", "a client has ten leases")
                .with(client -> client.checkTtl = ttl -> {
                    client.checkTtl(ttl);
                    long live = client.store.leases.values().stream()
                            .filter(lease -> lease.client() == client)
                            .count();
                    PlainClient.checkSize("leases", live + 1, 10);
                });
        all.connected("LEA-15b", "one lease too many ends the oldest")
                .with(client -> client.checkTtl = ttl -> {
                    client.checkTtl(ttl);
                    List<PlainLease> own = client.store.leases.values().stream()
                            .filter(lease -> lease.client() == client)
                            .toList();
                    if (own.size() >= client.guarantees().maxLeases()) {
                        client.store.revoke(own.get(0));
                    }
                });
        all.connected("LEA-15b", "the bytes of names under a lease are not counted")
                .with(client -> client.checkLease = commit -> {});
    }

    /** Declares this many milliseconds of lateness. */
    static Mutants.Layer guaranteeing(long millis) {
        return (world, below, executor) -> new Hooks(below)
                .guarantees(() -> below.guarantees().toBuilder()
                        .expiryLateness(Duration.ofMillis(millis))
                        .build());
    }

    /** After a failed renewal it sends no more renewals, and answers each with this result. */
    static Lease failedOnce(Lease lease, boolean answer) {
        AtomicBoolean failed = new AtomicBoolean();
        return Hooks.renewing(
                lease,
                () -> failed.get()
                        ? completedFuture(answer)
                        : lease.renew().whenComplete((alive, failure) -> failed.compareAndSet(false, failure != null)));
    }

    static <T> CompletionStage<T> noSuchLease() {
        return failedFuture(Failures.notApplied("no such lease"));
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
        return Commits.writing(commit, writes);
    }

    /** Deletes half of the entries at once, and half a moment later. */
    private static void oneByOne(PlainStore store) {
        store.delete = (directory, entries) -> {
            int first = (entries.size() + 1) / 2;
            store.delete(directory, entries.subList(0, first));
            if (first < entries.size()) {
                store.later(
                        Duration.ofMillis(60), () -> store.delete(directory, entries.subList(first, entries.size())));
            }
        };
    }

    /** Keeps a list of names for each lease. */
    static void byName(PlainStore store) {
        Map<Long, Set<List<String>>> names = new ConcurrentHashMap<>();
        store.write = (directory, write, at) -> {
            store.write(directory, write, at);
            if (write instanceof Write.Put put && put.leaseId() != 0) {
                names.computeIfAbsent(put.leaseId(), id -> ConcurrentHashMap.newKeySet())
                        .add(List.of(directory, put.name()));
            }
        };
        store.end = lease -> names.getOrDefault(lease.id(), Set.of())
                .forEach(one -> store.entry(one.get(0), one.get(1))
                        .ifPresent(entry -> store.delete(one.get(0), List.of(entry))));
    }

    /** Takes a failure for the end of the session, and cleans up. */
    private static Backend revokedWithTheConnection(Backend below) {
        List<Lease> leases = new CopyOnWriteArrayList<>();
        return new Hooks(below)
                .grants(ttl -> below.grantLease(ttl).thenApply(lease -> {
                    leases.add(lease);
                    return Hooks.renewing(
                            lease,
                            () -> lease.renew().whenComplete((alive, failure) -> {
                                if (failure != null) {
                                    leases.forEach(Lease::revoke);
                                }
                            }));
                }));
    }

    /** Grants itself another lease when one has ended, and continues with that. */
    private static Backend replaced(Backend below) {
        Map<Long, Lease> replaced = new ConcurrentHashMap<>();
        return new Hooks(below).commits(commit -> {
            long id = PlainStore.leaseOf(commit);
            Lease other = replaced.get(id);
            return below.commit(other == null ? commit : under(commit, other.id()))
                    .thenCompose(result -> {
                        if (!(result instanceof CommitResult.LeaseDead)) {
                            return completedFuture(result);
                        }
                        return below.grantLease(Duration.ofSeconds(10)).thenCompose(lease -> {
                            replaced.put(id, lease);
                            return below.commit(under(commit, lease.id()));
                        });
                    });
        });
    }

    /**
     * Marks the names of an ended lease at its end, and deletes them somewhat later, whatever entries they have by
     * then.
     */
    private static void reapedLater(World world, PlainStore store) {
        store.delete = (directory, entries) -> {
            store.delete(directory, entries);
            store.later(
                    LATE,
                    () -> entries.forEach(old -> store.entry(directory, old.name())
                            .ifPresent(entry -> store.delete(directory, List.of(entry)))));
        };
    }

    /** Reads use the deadline; everything else uses the reaper, which comes a little later. */
    private static void lateReaper(PlainStore store, boolean renews) {
        Duration late = Duration.ofMillis(30);
        LongPredicate isOver = id -> {
            PlainLease lease = store.leases.get(id);
            return lease != null && store.time.nanoTime() - (lease.deadline - late.toNanos()) >= 0;
        };
        store.life = lease -> lease.ttl().plus(late);
        store.read = query -> {
            Snapshot all = store.read(query);
            List<Entry> seen = all.entries().stream()
                    .filter(entry -> !isOver.test(entry.leaseId()))
                    .toList();
            return new Snapshot(seen, all.more());
        };
        store.renew = lease -> (renews || !isOver.test(lease.id())) && store.renew(lease);
    }
}
