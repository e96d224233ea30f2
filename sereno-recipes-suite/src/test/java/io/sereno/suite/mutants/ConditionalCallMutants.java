package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Watches, outcomes and client lifecycles that are correct, except for one kind of call, or when two things coincide.
 */
final class ConditionalCallMutants {
    private ConditionalCallMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.library(
                        "WAT-3",
                        "after a break puts are announced, and deletes are not",
                        (world, network, executor) -> new Compared(network)),
                Mutant.library("WAT-5a", "a reset begins while a notice runs", (world, network, executor) -> {
                    InTurn one = new InTurn(executor);
                    return WatchMutants.watching(network, listener -> new Wrapper.OfListener(listener) {
                        @Override
                        public void changed(String name, long revision) {
                            one.execute(() -> super.changed(name, revision));
                        }

                        @Override
                        public void reset() {
                            executor.execute(super::reset);
                        }
                    });
                }),
                Mutant.connected(
                        "WAT-6b",
                        "for a blocked listener each name is kept once, without a bound",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            PlainWatch open(Target target, WatchListener listener) {
                                return new PlainWatch(store, target, listener, config.executor()) {
                                    @Override
                                    int most() {
                                        return Integer.MAX_VALUE;
                                    }
                                };
                            }
                        }),
                Mutant.library(
                        "WAT-8",
                        "the watch is set again when reset() has returned",
                        (world, network, executor) ->
                                WatchMutants.watching(network, listener -> new Wrapper.OfListener(listener) {
                                    private final AtomicInteger resetting = new AtomicInteger();

                                    @Override
                                    public void changed(String name, long revision) {
                                        if (resetting.get() == 0) {
                                            executor.execute(() -> super.changed(name, revision));
                                        }
                                    }

                                    @Override
                                    public void reset() {
                                        resetting.incrementAndGet();
                                        executor.execute(() -> {
                                            super.reset();
                                            resetting.decrementAndGet();
                                        });
                                    }
                                })),
                Mutant.library(
                        "WAT-8",
                        "the watch of an entry is set again a moment after its reset()",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(
                                        target,
                                        target.name().isPresent() ? WatchMutants.late(world, listener) : listener);
                            }
                        }),
                failingAsUnknown(
                        "OUT-5",
                        "a commit with conditions that could not be sent is reported as UNKNOWN",
                        commit -> !commit.conditions().isEmpty()),
                failingAsUnknown(
                        "OUT-5",
                        "a delete that could not be sent is reported as UNKNOWN",
                        commit -> commit.writes().stream().anyMatch(Write.Delete.class::isInstance)),
                Mutant.client(
                        "OUT-6b",
                        "a commit of too many writes is sent, and reported as a lost connection",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return commit.writes().size() > guarantees().maxWrites()
                                        ? lost(super.commit(commit))
                                        : super.commit(commit);
                            }
                        }),
                Mutant.client(
                        "OUT-6b",
                        "a commit of too many bytes is sent, and reported as a lost connection",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return CommitMutants.bytesOf(commit)
                                                > guarantees().maxCommitBytes()
                                        ? lost(super.commit(commit))
                                        : super.commit(commit);
                            }
                        }),
                Mutant.library(
                        "LIF-1b",
                        "close() revokes its leases one after another",
                        (world, network, executor) -> new Tidy(network)),
                Mutant.library(
                        "LIF-1b",
                        "close() cancels each watch at the server, and waits",
                        (world, network, executor) -> new Wrapper(network) {
                            private final List<Target> targets = new CopyOnWriteArrayList<>();

                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                targets.add(target);
                                return super.watch(target, listener);
                            }

                            @Override
                            public void close() {
                                targets.forEach(target -> waitFor(super.read(new Query.All(target.directory()))));
                                super.close();
                            }
                        }),
                Mutant.connected(
                        "LIF-4b", "clients that were closed stay in a list of all clients", (world, config) -> {
                            Backend client = new PlainClient(world.store(config), config);
                            world.kept().add(client);
                            return client;
                        }),
                Mutant.connected(
                        "LIF-4b",
                        "listeners of clients that were closed stay in a table",
                        (world, config) ->
                                WatchMutants.watching(new PlainClient(world.store(config), config), listener -> {
                                    world.kept().add(listener);
                                    return listener;
                                })),
                Mutant.client(
                        "LIF-7b",
                        "renewals are completed under a lock that revocations need",
                        (world, below) -> LeaseMutants.leased(below, LockedLease::new)),
                Mutant.client(
                        "LIF-7b",
                        "listeners run under a lock that opening a watch needs",
                        (world, below) -> new LockedWatches(below)),
                Mutant.client(
                        "LIF-7c",
                        "reads that are under way in one directory share an answer",
                        (world, below) -> new Wrapper(below) {
                            private final Map<String, CompletionStage<Snapshot>> underWay = new ConcurrentHashMap<>();

                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                CompletionStage<Snapshot> read =
                                        underWay.computeIfAbsent(query.directory(), directory -> super.read(query));
                                LockSupport.parkNanos(20_000);
                                underWay.remove(query.directory(), read);
                                return read;
                            }
                        }),
                Mutant.client(
                        "LIF-7c",
                        "all leases that are granted at one moment are the last of them",
                        (world, below) -> new Wrapper(below) {
                            private volatile CompletionStage<Lease> latest = completedFuture(null);

                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                latest = super.grantLease(ttl);
                                LockSupport.parkNanos(200_000);
                                return latest;
                            }
                        }),
                Mutant.store(
                        "LIF-8",
                        "something is kept for every directory that a lease has emptied",
                        world -> new PlainStore(world.time()) {
                            private final Map<String, byte[]> kept = new HashMap<>();

                            @Override
                            void end(String directory, List<Entry> entries) {
                                super.end(directory, entries);
                                kept.put(directory, new byte[200]);
                            }
                        }),
                Mutant.store(
                        "LIF-8", "a directory that is read is created for good", world -> new PlainStore(world.time()) {
                            private final Map<String, byte[]> kept = new HashMap<>();

                            @Override
                            Snapshot read(Query query) {
                                kept.computeIfAbsent(query.directory(), directory -> new byte[200]);
                                return super.read(query);
                            }
                        }));
    }

    private static Mutant failingAsUnknown(String rule, String what, java.util.function.Predicate<Commit> unknown) {
        return Mutant.library(rule, what, (world, network, executor) -> new Wrapper(network) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .exceptionallyCompose(lost -> failedFuture(
                                unknown.test(commit)
                                        ? new BackendException(Outcome.UNKNOWN, false, "who knows", lost)
                                        : lost));
            }
        });
    }

    private static <T> CompletionStage<T> lost(CompletionStage<T> refused) {
        return refused.exceptionallyCompose(
                why -> failedFuture(new BackendException(Outcome.NOT_APPLIED, false, "connection lost", why)));
    }

    /** Waits until it has ended, with success or failure. */
    private static void waitFor(CompletionStage<?> stage) {
        stage.handle((result, failure) -> failure == null).toCompletableFuture().join();
    }

    /** After a break it compares a listing with the changes that it was notified of. */
    private static final class Compared extends Wrapper {
        Compared(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            Map<String, Long> known = new ConcurrentHashMap<>();
            return super.watch(target, new OfListener(listener) {
                @Override
                public void changed(String name, long revision) {
                    known.put(name, revision);
                    super.changed(name, revision);
                }

                @Override
                public void reset() {
                    Compared.super.read(new Query.All(target.directory())).whenComplete((read, failure) -> {
                        if (failure != null) {
                            super.reset();
                            return;
                        }
                        read.entries().forEach(entry -> {
                            Long before = known.put(entry.name(), entry.modRevision());
                            if (before == null || before != entry.modRevision()) {
                                super.changed(entry.name(), entry.modRevision());
                            }
                        });
                    });
                }
            });
        }
    }

    /** Cleans up everything at close, however long that takes. */
    private static final class Tidy extends Wrapper {
        private final List<Lease> leases = new CopyOnWriteArrayList<>();

        Tidy(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return super.grantLease(ttl).thenApply(lease -> {
                leases.add(lease);
                return lease;
            });
        }

        @Override
        public void close() {
            leases.forEach(lease -> waitFor(lease.revoke()));
            super.close();
        }
    }

    /** Actions that depend on a renewal run under the lock of the lease. */
    private static final class LockedLease extends Wrapper.OfLease {
        private final ReentrantLock lock = new ReentrantLock();

        LockedLease(Lease below) {
            super(below);
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return new LifeMutants.UnderLock<>(super.renew().toCompletableFuture(), lock);
        }

        @Override
        public CompletionStage<Void> revoke() {
            lock.lock();
            try {
                return super.revoke();
            } finally {
                lock.unlock();
            }
        }
    }

    /** A table of watches, with a lock for every access. */
    private static final class LockedWatches extends Wrapper {
        private final ReentrantLock lock = new ReentrantLock();

        LockedWatches(Backend below) {
            super(below);
        }

        private void locked(Runnable task) {
            lock.lock();
            try {
                task.run();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            locked(() -> {});
            return super.watch(target, new OfListener(listener) {
                @Override
                public void changed(String name, long revision) {
                    locked(() -> super.changed(name, revision));
                }

                @Override
                public void reset() {
                    locked(super::reset);
                }
            });
        }
    }
}
