package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Write;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Watches, outcomes and client lifecycles that are correct, except for one kind of call, or when two things coincide.
 */
final class ConditionalCallMutants {
    private ConditionalCallMutants() {}

    static void addTo(Mutants all) {
        notices(all);
        outcomes(all);
        closing(all);
        threads(all);
    }

    private static void notices(Mutants all) {
        all.library("WAT-3", "after a break puts are announced, and deletes are not")
                .with(ConditionalCallMutants::compared);
        all.library("WAT-5a", "a reset begins while a notice runs").in((world, network, executor) -> {
            InTurn one = new InTurn(executor);
            return new Hooks(network)
                    .listeners((target, listener) -> Hooks.listener(
                            (name, revision) -> one.execute(() -> listener.changed(name, revision)),
                            () -> executor.execute(listener::reset)));
        });
        all.connected("WAT-6b", "for a blocked listener each name is kept once, without a bound")
                .with(client -> client.open =
                        (target, listener) -> new PlainWatch(client.store, target, listener, client.config.executor()) {
                            @Override
                            int most() {
                                return Integer.MAX_VALUE;
                            }
                        });
        all.library("WAT-8", "the watch is set again when reset() has returned")
                .in((world, network, executor) -> new Hooks(network).listeners((target, listener) -> {
                    AtomicInteger resetting = new AtomicInteger();
                    return Hooks.listener(
                            (name, revision) -> {
                                if (resetting.get() == 0) {
                                    executor.execute(() -> listener.changed(name, revision));
                                }
                            },
                            () -> {
                                resetting.incrementAndGet();
                                executor.execute(() -> {
                                    listener.reset();
                                    resetting.decrementAndGet();
                                });
                            });
                }));
        all.library("WAT-8", "the watch of an entry is set again a moment after its reset()")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> below.watch(
                                target, target.name().isPresent() ? WatchMutants.late(world, listener) : listener)));
    }

    private static void outcomes(Mutants all) {
        all.library("OUT-5", "a commit with conditions that could not be sent is reported as UNKNOWN")
                .in(failingAsUnknown(commit -> !commit.conditions().isEmpty()));
        all.library("OUT-5", "a delete that could not be sent is reported as UNKNOWN")
                .in(failingAsUnknown(commit -> commit.writes().stream().anyMatch(Write.Delete.class::isInstance)));
        all.client("OUT-6b", "a commit of too many writes is sent, and reported as a lost connection")
                .commits((world, below, commit) ->
                        commit.writes().size() > below.guarantees().maxWrites()
                                ? lost(below.commit(commit))
                                : below.commit(commit));
        all.client("OUT-6b", "a commit of too many bytes is sent, and reported as a lost connection")
                .commits((world, below, commit) ->
                        CommitMutants.bytesOf(commit) > below.guarantees().maxCommitBytes()
                                ? lost(below.commit(commit))
                                : below.commit(commit));
    }

    private static void closing(Mutants all) {
        all.library("LIF-1b", "close() revokes its leases one after another").with(ConditionalCallMutants::tidy);
        all.library("LIF-1b", "close() cancels each watch at the server, and waits")
                .with((world, below) -> {
                    List<Target> targets = new CopyOnWriteArrayList<>();
                    return new Hooks(below)
                            .watches((target, listener) -> {
                                targets.add(target);
                                return below.watch(target, listener);
                            })
                            .closes(() -> {
                                targets.forEach(target -> waitFor(below.read(new Query.All(target.directory()))));
                                below.close();
                            });
                });
        all.connected("LIF-4b", "clients that were closed stay in a list of all clients")
                .by((world, config) -> {
                    Backend client = new PlainClient(world.store(config), config);
                    world.kept().add(client);
                    return client;
                });
        all.connected("LIF-4b", "listeners of clients that were closed stay in a table")
                .by((world, config) -> new Hooks(new PlainClient(world.store(config), config))
                        .listeners((target, listener) -> {
                            world.kept().add(listener);
                            return listener;
                        }));
    }

    private static void threads(Mutants all) {
        all.client("LIF-7b", "renewals are completed under a lock that revocations need")
                .with((world, below) -> new Hooks(below).leases(ConditionalCallMutants::lockedLease));
        all.client("LIF-7b", "listeners run under a lock that opening a watch needs")
                .with(ConditionalCallMutants::lockedWatches);
        all.client("LIF-7c", "reads that are under way in one directory share an answer")
                .with((world, below) -> {
                    Map<String, CompletionStage<Snapshot>> underWay = new ConcurrentHashMap<>();
                    return new Hooks(below).reads(query -> {
                        CompletionStage<Snapshot> read =
                                underWay.computeIfAbsent(query.directory(), directory -> below.read(query));
                        LockSupport.parkNanos(20_000);
                        underWay.remove(query.directory(), read);
                        return read;
                    });
                });
        all.client("LIF-7c", "all leases that are granted at one moment are the last of them")
                .with((world, below) -> {
                    AtomicReference<@Nullable CompletionStage<Lease>> latest = new AtomicReference<>();
                    return new Hooks(below).grants(ttl -> {
                        latest.set(below.grantLease(ttl));
                        LockSupport.parkNanos(200_000);
                        return Objects.requireNonNull(latest.get());
                    });
                });
        all.store("LIF-8", "something is kept for every directory that a lease has emptied")
                .with((world, store) -> {
                    Map<String, byte[]> kept = new HashMap<>();
                    world.kept().add(kept);
                    store.delete = (directory, entries) -> {
                        store.delete(directory, entries);
                        kept.put(directory, new byte[200]);
                    };
                });
        all.store("LIF-8", "a directory that is read is created for good").with(store -> {
            Map<String, byte[]> kept = new HashMap<>();
            store.read = query -> {
                kept.computeIfAbsent(query.directory(), directory -> new byte[200]);
                return store.read(query);
            };
        });
    }

    private static Mutants.Layer failingAsUnknown(Predicate<Commit> unknown) {
        return (world, network, executor) -> new Hooks(network)
                .commits(commit -> network.commit(commit)
                        .exceptionallyCompose(lost ->
                                failedFuture(unknown.test(commit) ? Failures.unknown("who knows", lost) : lost)));
    }

    private static <T> CompletionStage<T> lost(CompletionStage<T> refused) {
        return refused.exceptionallyCompose(why -> failedFuture(Failures.notApplied("connection lost", why)));
    }

    /** Waits until it has ended, with success or failure. */
    private static void waitFor(CompletionStage<?> stage) {
        stage.handle((result, failure) -> failure == null).toCompletableFuture().join();
    }

    /** After a break it compares a listing with the changes that it was notified of. */
    private static Backend compared(Backend below) {
        return new Hooks(below).watches((target, listener) -> {
            Map<String, Long> known = new ConcurrentHashMap<>();
            return below.watch(
                    target,
                    Hooks.listener(
                            (name, revision) -> {
                                known.put(name, revision);
                                listener.changed(name, revision);
                            },
                            () -> below.read(new Query.All(target.directory())).whenComplete((read, failure) -> {
                                if (failure != null) {
                                    listener.reset();
                                    return;
                                }
                                read.entries().forEach(entry -> {
                                    Long before = known.put(entry.name(), entry.modRevision());
                                    if (before == null || before != entry.modRevision()) {
                                        listener.changed(entry.name(), entry.modRevision());
                                    }
                                });
                            })));
        });
    }

    /** Cleans up everything at close, however long that takes. */
    private static Backend tidy(Backend below) {
        List<Lease> leases = new CopyOnWriteArrayList<>();
        return new Hooks(below)
                .grants(ttl -> below.grantLease(ttl).thenApply(lease -> {
                    leases.add(lease);
                    return lease;
                }))
                .closes(() -> {
                    leases.forEach(lease -> waitFor(lease.revoke()));
                    below.close();
                });
    }

    /** Actions that depend on a renewal run under the lock of the lease. */
    private static Lease lockedLease(Lease lease) {
        ReentrantLock lock = new ReentrantLock();
        return Hooks.lease(
                lease, () -> new LifeMutants.UnderLock<>(lease.renew().toCompletableFuture(), lock), () -> {
                    lock.lock();
                    try {
                        return lease.revoke();
                    } finally {
                        lock.unlock();
                    }
                });
    }

    /** A table of watches, with a lock for every access. */
    private static Backend lockedWatches(Backend below) {
        ReentrantLock lock = new ReentrantLock();
        return new Hooks(below).watches((target, listener) -> {
            locked(lock, () -> {});
            return below.watch(target, Hooks.notices(listener, notice -> locked(lock, notice)));
        });
    }

    private static void locked(ReentrantLock lock, Runnable task) {
        lock.lock();
        try {
            task.run();
        } finally {
            lock.unlock();
        }
    }
}
