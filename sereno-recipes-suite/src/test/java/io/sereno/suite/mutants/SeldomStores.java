package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stores that are nearly always correct, but not for the second lease, an empty value, the longest name or a large
 * commit.
 */
final class SeldomStores {
    private SeldomStores() {}

    static void addTo(Mutants all) {
        reading(all);
        reconnecting(all);
        committing(all);
        leasing(all);
        watching(all);
        closing(all);
    }

    private static void committing(Mutants all) {
        all.store("COM-10a", "only the first twenty writes of a commit are applied")
                .with(store -> store.commit = commit -> store.commit(Commits.writing(
                        commit, commit.writes().stream().limit(20).toList())));
        all.store("COM-2a", "only the first sixteen conditions are checked")
                .with(store -> store.hold = commit -> commit.conditions().stream()
                        .limit(16)
                        .allMatch(condition ->
                                store.holds(condition, store.entry(commit.directory(), condition.name()))));
        all.store("COM-7a", "a put over an empty value creates a new entry")
                .with(store -> store.put = (put, before, at) ->
                        store.put(put, before.filter(entry -> entry.value().size() > 0), at));
        all.store("NAM-1b", "only the first five hundred bytes of a name count")
                .with(store -> store.key = name -> name.substring(0, Math.min(500, name.length())));
        all.store("NAM-1b", "only the first two hundred characters of a path count")
                .with(store -> store.path = directory -> directory.substring(0, Math.min(200, directory.length())));
    }

    private static void leasing(Mutants all) {
        all.store("LEA-2", "the third renewal of a lease prolongs nothing").with(store -> {
            Map<Long, Integer> renewals = new HashMap<>();
            store.renew = lease ->
                    renewals.merge(lease.id(), 1, Integer::sum) % 3 == 0 ? store.lives(lease.id()) : store.renew(lease);
        });
        all.store("LEA-5a", "revoke() leaves entries without a value").with(store -> {
            boolean[] revoking = {false};
            store.revoke = lease -> {
                revoking[0] = true;
                store.revoke(lease);
                revoking[0] = false;
            };
            store.delete = (directory, entries) -> store.delete(
                    directory,
                    revoking[0]
                            ? entries.stream()
                                    .filter(entry -> entry.value().size() > 0)
                                    .toList()
                            : entries);
        });
        all.store("LEA-5a", "revoke() deletes in the first ten directories").with(store -> {
            int[] toGo = {Integer.MAX_VALUE};
            store.revoke = lease -> {
                toGo[0] = 10;
                store.revoke(lease);
                toGo[0] = Integer.MAX_VALUE;
            };
            store.delete = (directory, entries) -> {
                if (toGo[0]-- > 0) {
                    store.delete(directory, entries);
                }
            };
        });
        all.store("LEA-4a", "an entry put again under its lease is bound to none")
                .with(store -> store.put = (put, before, at) -> {
                    Entry right = store.put(put, before, at);
                    return before.isPresent()
                            ? new Entry(right.name(), right.value(), right.createRevision(), right.modRevision(), 0)
                            : right;
                });
    }

    private static void watching(Mutants all) {
        all.store("WAT-1", "changes of entries with long names are not announced")
                .with(store -> store.covers =
                        (watch, directory, name) -> name.length() < 200 && store.covers(watch, directory, name));
        all.store("WAT-1", "only the first of two watches of a directory is notified")
                .with(store -> store.announce = (directory, name, at) -> store.watches.stream()
                        .filter(watch -> store.covers(watch, directory, name))
                        .filter(watch -> store.watches.stream()
                                .filter(other -> other.target().equals(watch.target()))
                                .findFirst()
                                .orElseThrow()
                                .equals(watch))
                        .forEach(watch -> store.sendNotice(watch, name, at)));
        all.store("WAT-9", "cancel() of one of two watches of a directory ends both")
                .with(store -> store.cancel =
                        watch -> store.watches.removeIf(other -> other.target().equals(watch.target())));
        all.store("WAT-4", "the revocation of a lease is announced for one entry in each directory")
                .with(store -> {
                    boolean[] revoking = {false};
                    boolean[] noticed = {false};
                    store.revoke = lease -> {
                        revoking[0] = true;
                        store.revoke(lease);
                        revoking[0] = false;
                    };
                    store.delete = (directory, entries) -> {
                        noticed[0] = false;
                        store.delete(directory, entries);
                    };
                    store.announce = (directory, name, at) -> {
                        if (!revoking[0] || !noticed[0]) {
                            store.announce(directory, name, at);
                        }
                        noticed[0] = true;
                    };
                });
        all.store("WAT-4", "deletes in a commit of more than ten writes are not announced")
                .with(store -> {
                    boolean[] quiet = {false};
                    store.commit = commit -> {
                        quiet[0] = commit.writes().size() > 10;
                        try {
                            return store.commit(commit);
                        } finally {
                            quiet[0] = false;
                        }
                    };
                    store.announce = (directory, name, at) -> {
                        if (!quiet[0] || store.entry(directory, name).isPresent()) {
                            store.announce(directory, name, at);
                        }
                    };
                });
    }

    private static void closing(Mutants all) {
        all.connected("LIF-3", "a watch can be opened after close")
                .by((world, config) -> new PlainClient(world.store(config), config) {
                    @Override
                    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                        PlainWatch watch = open(target, listener);
                        store.step(() -> {
                            store.watch(watch);
                            return true;
                        });
                        return completedFuture(watch);
                    }
                });
        all.client("LIF-3", "a lease can be revoked after close")
                .grants((world, below, ttl) -> below.grantLease(ttl)
                        .thenApply(lease ->
                                Hooks.revoking(lease, () -> lease.revoke().exceptionally(closed -> null))));
    }

    private static void reading(Mutants all) {
        all.store("READ-4b", "an empty value is read with the value before")
                .with(store -> store.put = (put, before, at) -> {
                    Entry right = store.put(put, before, at);
                    return put.value().size() == 0 && before.isPresent()
                            ? new Entry(
                                    right.name(),
                                    before.get().value(),
                                    right.createRevision(),
                                    right.modRevision(),
                                    right.leaseId())
                            : right;
                });
        all.store("VAL-1a", "zero bytes at the end of a value are padding")
                .with(store -> store.put = (put, before, at) -> {
                    byte[] value = put.value().toArray();
                    int length = value.length;
                    while (length > 0 && value[length - 1] == 0) {
                        length--;
                    }
                    return store.put(
                            new Write.Put(put.name(), Bytes.copyOf(Arrays.copyOf(value, length)), put.leaseId()),
                            before,
                            at);
                });
        all.client("READ-3d", "a range mixes moments").with((world, below) -> {
            Backend mixed = new ReadMutants.MixedMoments(world, below);
            return new Hooks(below)
                    .reads(query -> query instanceof Query.Range ? mixed.read(query) : below.read(query));
        });
        all.client("READ-3d", "the last entry of a snapshot is read a moment later")
                .reads((world, below, query) -> below.read(query).thenCompose(read -> {
                    int last = read.entries().size() - 1;
                    if (last < 1 || world.random().nextInt(4) > 0) {
                        return completedFuture(read);
                    }
                    Query own = new Query.One(
                            query.directory(), read.entries().get(last).name());
                    return world.delayed(Duration.ofMillis(1), () -> below.read(own))
                            .thenApply(one -> {
                                List<Entry> entries =
                                        new ArrayList<>(read.entries().subList(0, last));
                                entries.addAll(one.entries());
                                return new Snapshot(entries, read.more());
                            });
                }));
    }

    private static void reconnecting(Mutants all) {
        all.library("READ-8c", "a commit whose read failed ends as UNKNOWN")
                .commits((world, below, commit) -> below.commit(commit)
                        .thenCompose(result -> unread(commit, result)
                                ? failedFuture(Failures.unknown("the read failed"))
                                : completedFuture(result)));
        all.library("READ-8c", "a failed read returns nothing")
                .results((commit, result) -> unread(commit, result)
                        ? new CommitResult.Committed(
                                ((CommitResult.Committed) result).revision(),
                                Optional.of(new Snapshot(List.of(), false)))
                        : result);
        all.library("LEA-10", "a lost connection revokes all leases of its client except the first")
                .with((world, below) -> {
                    AtomicInteger granted = new AtomicInteger();
                    return new Hooks(below)
                            .grants(ttl -> below.grantLease(ttl)
                                    .thenApply(lease -> granted.getAndIncrement() == 0
                                            ? lease
                                            : Hooks.renewing(
                                                    lease,
                                                    () -> lease.renew().whenComplete((alive, failure) -> {
                                                        if (failure != null) {
                                                            lease.revoke();
                                                        }
                                                    }))));
                });
        all.library("LEA-10", "a failed renewal and all later ones are answered from memory")
                .leases((world, lease) -> LeaseMutants.failedOnce(lease, true));
    }

    private static boolean unread(Commit commit, CommitResult result) {
        return commit.returning().isPresent()
                && result instanceof CommitResult.Committed committed
                && committed.snapshot().isEmpty();
    }
}
