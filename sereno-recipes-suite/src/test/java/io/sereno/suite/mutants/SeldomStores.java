package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Stores that are nearly always correct, but not for the second lease, an empty value, the longest name or a large
 * commit.
 */
final class SeldomStores {
    private SeldomStores() {}

    static List<Mutant> all() {
        return Stream.of(reading(), committing(), leasing(), watching(), closing())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> committing() {
        return List.of(
                Mutant.store(
                        "COM-10a",
                        "only the first twenty writes of a commit are applied",
                        world -> new PlainStore(world.time()) {
                            @Override
                            CommitResult commit(Commit commit) {
                                return super.commit(Commits.writing(
                                        commit,
                                        commit.writes().stream().limit(20).toList()));
                            }
                        }),
                Mutant.store(
                        "COM-2a",
                        "only the first sixteen conditions are checked",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean hold(Commit commit) {
                                return commit.conditions().stream()
                                        .limit(16)
                                        .allMatch(condition ->
                                                holds(condition, entry(commit.directory(), condition.name())));
                            }
                        }),
                Mutant.store(
                        "COM-7a",
                        "a put over an empty value creates a new entry",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                return super.put(
                                        put,
                                        before.filter(entry -> entry.value().size() > 0),
                                        at);
                            }
                        }),
                Mutant.store(
                        "NAM-1b",
                        "only the first five hundred bytes of a name count",
                        world -> new PlainStore(world.time()) {
                            @Override
                            String key(String name) {
                                return name.substring(0, Math.min(500, name.length()));
                            }
                        }),
                Mutant.store(
                        "NAM-1b",
                        "only the first two hundred characters of a path count",
                        world -> new PlainStore(world.time()) {
                            @Override
                            String path(String directory) {
                                return directory.substring(0, Math.min(200, directory.length()));
                            }
                        }));
    }

    private static List<Mutant> leasing() {
        return List.of(
                Mutant.store(
                        "LEA-2",
                        "the third renewal of a lease prolongs nothing",
                        world -> new PlainStore(world.time()) {
                            private final Map<Long, Integer> renewals = new HashMap<>();

                            @Override
                            boolean renew(PlainLease lease) {
                                return renewals.merge(lease.id(), 1, Integer::sum) % 3 == 0
                                        ? lives(lease.id())
                                        : super.renew(lease);
                            }
                        }),
                Mutant.store(
                        "LEA-5a", "revoke() leaves entries without a value", world -> new PlainStore(world.time()) {
                            private boolean revoking;

                            @Override
                            void revoke(PlainLease lease) {
                                revoking = true;
                                super.revoke(lease);
                                revoking = false;
                            }

                            @Override
                            void end(String directory, List<Entry> entries) {
                                super.end(
                                        directory,
                                        revoking
                                                ? entries.stream()
                                                        .filter(entry ->
                                                                entry.value().size() > 0)
                                                        .toList()
                                                : entries);
                            }
                        }),
                Mutant.store(
                        "LEA-5a",
                        "revoke() deletes in the first ten directories",
                        world -> new PlainStore(world.time()) {
                            private int toGo = Integer.MAX_VALUE;

                            @Override
                            void revoke(PlainLease lease) {
                                toGo = 10;
                                super.revoke(lease);
                                toGo = Integer.MAX_VALUE;
                            }

                            @Override
                            void end(String directory, List<Entry> entries) {
                                if (toGo-- > 0) {
                                    super.end(directory, entries);
                                }
                            }
                        }),
                Mutant.store(
                        "LEA-4a",
                        "an entry put again under its lease is bound to none",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                Entry right = super.put(put, before, at);
                                return before.isPresent()
                                        ? new Entry(
                                                right.name(),
                                                right.value(),
                                                right.createRevision(),
                                                right.modRevision(),
                                                0)
                                        : right;
                            }
                        }));
    }

    private static List<Mutant> watching() {
        return List.of(
                Mutant.store(
                        "WAT-1",
                        "changes of entries with long names are not announced",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean covers(PlainWatch watch, String directory, String name) {
                                return name.length() < 200 && super.covers(watch, directory, name);
                            }
                        }),
                Mutant.store(
                        "WAT-1",
                        "only the first of two watches of a directory is notified",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void announce(String directory, String name, long at) {
                                watches.stream()
                                        .filter(watch -> covers(watch, directory, name))
                                        .filter(watch -> watches.stream()
                                                .filter(other -> other.target().equals(watch.target()))
                                                .findFirst()
                                                .orElseThrow()
                                                .equals(watch))
                                        .forEach(watch -> announce(watch, name, at));
                            }
                        }),
                Mutant.store(
                        "WAT-9",
                        "cancel() of one of two watches of a directory ends both",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void cancel(PlainWatch watch) {
                                watches.removeIf(other -> other.target().equals(watch.target()));
                            }
                        }),
                Mutant.store(
                        "WAT-4",
                        "the revocation of a lease is announced for one entry in each directory",
                        world -> new PlainStore(world.time()) {
                            private boolean revoking;
                            private boolean told;

                            @Override
                            void revoke(PlainLease lease) {
                                revoking = true;
                                super.revoke(lease);
                                revoking = false;
                            }

                            @Override
                            void end(String directory, List<Entry> entries) {
                                told = false;
                                super.end(directory, entries);
                            }

                            @Override
                            void announce(String directory, String name, long at) {
                                if (!revoking || !told) {
                                    super.announce(directory, name, at);
                                }
                                told = true;
                            }
                        }),
                Mutant.store(
                        "WAT-4",
                        "deletes in a commit of more than ten writes are not announced",
                        world -> new PlainStore(world.time()) {
                            private boolean quiet;

                            @Override
                            CommitResult commit(Commit commit) {
                                quiet = commit.writes().size() > 10;
                                try {
                                    return super.commit(commit);
                                } finally {
                                    quiet = false;
                                }
                            }

                            @Override
                            void announce(String directory, String name, long at) {
                                if (!quiet || entry(directory, name).isPresent()) {
                                    super.announce(directory, name, at);
                                }
                            }
                        }));
    }

    private static List<Mutant> closing() {
        return List.of(
                Mutant.connected(
                        "LIF-3",
                        "a watch can be opened after close",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                PlainWatch watch = open(target, listener);
                                store.step(() -> {
                                    store.watch(watch);
                                    return true;
                                });
                                return completedFuture(watch);
                            }
                        }),
                Mutant.connected(
                        "LIF-3",
                        "a lease can be revoked after close",
                        (world, config) -> new Wrapper(new PlainClient(world.store(config), config)) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl).thenApply(lease -> new OfLease(lease) {
                                    @Override
                                    public CompletionStage<Void> revoke() {
                                        return super.revoke().exceptionally(closed -> null);
                                    }
                                });
                            }
                        }));
    }

    private static List<Mutant> reading() {
        return List.of(
                Mutant.store(
                        "READ-4b",
                        "an empty value is read with the value before",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                Entry right = super.put(put, before, at);
                                return put.value().size() == 0 && before.isPresent()
                                        ? new Entry(
                                                right.name(),
                                                before.get().value(),
                                                right.createRevision(),
                                                right.modRevision(),
                                                right.leaseId())
                                        : right;
                            }
                        }),
                Mutant.store(
                        "VAL-1a",
                        "zero bytes at the end of a value are padding",
                        world -> new PlainStore(world.time()) {
                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                byte[] value = put.value().toArray();
                                int length = value.length;
                                while (length > 0 && value[length - 1] == 0) {
                                    length--;
                                }
                                return super.put(
                                        new Write.Put(
                                                put.name(), Bytes.copyOf(Arrays.copyOf(value, length)), put.leaseId()),
                                        before,
                                        at);
                            }
                        }),
                Mutant.connected(
                        "READ-3d",
                        "a range mixes moments",
                        (world, config) -> new Wrapper(new PlainClient(world.store(config), config)) {
                            private final Backend mixed = new ReadMutants.MixedMoments(world, below);

                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return query instanceof Query.Range ? mixed.read(query) : super.read(query);
                            }
                        }),
                Mutant.connected(
                        "READ-3d",
                        "the last entry of a snapshot is read a moment later",
                        (world, config) -> new Wrapper(new PlainClient(world.store(config), config)) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).thenCompose(read -> {
                                    if (read.entries().size() < 2
                                            || world.random().nextInt(4) > 0) {
                                        return completedFuture(read);
                                    }
                                    CompletableFuture<Snapshot> done = new CompletableFuture<>();
                                    int last = read.entries().size() - 1;
                                    world.later(
                                            Duration.ofMillis(1),
                                            Runnable::run,
                                            () -> super.read(new Query.One(
                                                            query.directory(),
                                                            read.entries()
                                                                    .get(last)
                                                                    .name()))
                                                    .whenComplete((one, failure) -> {
                                                        if (failure != null) {
                                                            done.completeExceptionally(failure);
                                                        } else {
                                                            ArrayList<Entry> all = new ArrayList<>(read.entries()
                                                                    .subList(0, last));
                                                            all.addAll(one.entries());
                                                            done.complete(new Snapshot(all, read.more()));
                                                        }
                                                    }));
                                    return done;
                                });
                            }
                        }),
                Mutant.library(
                        "READ-8c",
                        "a commit whose read failed ends as UNKNOWN",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenCompose(result -> unread(commit, result)
                                                ? failedFuture(new BackendException(
                                                        Outcome.UNKNOWN, false, "the read failed", null))
                                                : completedFuture(result));
                            }
                        }),
                Mutant.library(
                        "READ-8c", "a failed read returns nothing", (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenApply(result -> unread(commit, result)
                                                ? new CommitResult.Committed(
                                                        ((CommitResult.Committed) result).revision(),
                                                        Optional.of(new Snapshot(List.of(), false)))
                                                : result);
                            }
                        }),
                Mutant.library(
                        "LEA-10",
                        "a lost connection revokes all leases of its client except the first",
                        (world, network, executor) -> new Wrapper(network) {
                            private final AtomicInteger granted = new AtomicInteger();

                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl)
                                        .thenApply(lease -> granted.getAndIncrement() == 0
                                                ? lease
                                                : new OfLease(lease) {
                                                    @Override
                                                    public CompletionStage<Boolean> renew() {
                                                        return super.renew().whenComplete((alive, failure) -> {
                                                            if (failure != null) {
                                                                lease.revoke();
                                                            }
                                                        });
                                                    }
                                                });
                            }
                        }),
                Mutant.library(
                        "LEA-10",
                        "a failed renewal and all later ones are answered from memory",
                        (world, network, executor) -> LeaseMutants.leased(network, lease -> new Wrapper.OfLease(lease) {
                            private volatile boolean failed;

                            @Override
                            public CompletionStage<Boolean> renew() {
                                return failed
                                        ? completedFuture(true)
                                        : super.renew().whenComplete((alive, failure) -> failed |= failure != null);
                            }
                        })));
    }

    private static boolean unread(Commit commit, CommitResult result) {
        return commit.returning().isPresent()
                && result instanceof CommitResult.Committed committed
                && committed.snapshot().isEmpty();
    }
}
