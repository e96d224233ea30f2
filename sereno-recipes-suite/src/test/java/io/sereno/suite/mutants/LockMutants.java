package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.LockObjects.granting;
import static io.sereno.suite.mutants.LockObjects.handingOn;
import static io.sereno.suite.mutants.LockObjects.lock;
import static io.sereno.suite.mutants.LockObjects.timed;
import static io.sereno.suite.mutants.LockObjects.tokens;
import static io.sereno.suite.mutants.LockObjects.trying;
import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static io.sereno.suite.mutants.RecipeMutants.recipes;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import io.sereno.suite.mutants.LockObjects.NobodysGrant;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** Mutexes that have two holders, no holder, or one holder forever. */
final class LockMutants {
    private LockMutants() {}

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    static List<Mutant> all() {
        return List.of(
                recipe(
                        "LCK-1",
                        "the grants of one series have one token",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> tokens(grant, token -> token / 1_024 * 1_024))),
                granting("LCK-1", "tokens are counted by each client", LockObjects::counted),
                recipe(
                        "LCK-2a",
                        "the token is a version of the entry",
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(
                                        Grant.class,
                                        grant,
                                        (method, call) -> method.equals("fencingToken")
                                                ? Long.valueOf((long) Objects.requireNonNull(call.go()) % 1_024)
                                                : call.go()))),
                granting("LCK-2a", "tokens begin again with each client", LockObjects::counted),
                granting("LCK-2b", "a token that is read again is the newest grant's", newest -> grant -> {
                    newest.set(grant.fencingToken());
                    return tokens(grant, token -> newest.get());
                }),
                recipe(
                        "LCK-3",
                        "a holder that is cut off relies on its grant until it reconnects",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> believing(Grant.class, grant))),
                recipe(
                        "LCK-3",
                        "tryAcquire is true when its time is over",
                        Mutex.class,
                        mutex -> changed(Mutex.class, mutex, (method, call) -> {
                            Object result = call.go();
                            return result instanceof Optional<?> grant && grant.isEmpty()
                                    ? Optional.of(new NobodysGrant())
                                    : result;
                        })),
                backend("LCK-4", "the lease is not verified after waiting", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return commit.writes().isEmpty() && !commit.conditions().isEmpty()
                                ? completedFuture(new CommitResult.Committed(0, Optional.empty()))
                                : super.commit(commit);
                    }
                }),
                backend("LCK-4", "only the direct predecessor is checked", Queueing.LookingAtTheNearest::new),
                backend("LCK-4", "the own entry is not looked at after waiting", below -> new Queueing(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return super.commit(
                                verifies(commit) ? conditions(commit, Condition.Absent.class::isInstance) : commit);
                    }
                }),
                backend("LCK-5a", "all waiters watch the first place of the queue", Queueing.LookingAtTheFirst::new),
                timed("LCK-5a", "a waiter polls, and does not queue", LockObjects::polling),
                recipe("LCK-5b", "the caller who came last is the first to be served", Mutex.class, mutex -> {
                    LockObjects.Stack stack = new LockObjects.Stack();
                    return changed(
                            Mutex.class,
                            mutex,
                            (method, call) -> method.equals("call") || method.equals("acquire")
                                    ? stack.oneAtATime(call)
                                    : call.go());
                }),
                handingOn(
                        "LCK-6",
                        "a series continues as long as there are callers",
                        Integer.MAX_VALUE,
                        Duration.ofDays(1)),
                handingOn("LCK-6", "a series takes 100 ms", Integer.MAX_VALUE, Duration.ofMillis(100)),
                handingOn("LCK-6", "the holds of a series are not counted", Integer.MAX_VALUE, Duration.ofMillis(20)),
                backend("LCK-7", "the watch is opened after the only look", Queueing.WatchingTooLate::new),
                backend("LCK-7", "a waiter looks only after a notice", Queueing.WaitingToBeTold::new),
                backend("LCK-7", "a reset is ignored", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                        return super.watch(target, new OfListener(listener) {
                            @Override
                            public void reset() {
                                // Assumes that a watch that is live again needs no read.
                            }
                        });
                    }
                }),
                backend(
                        "LCK-8a",
                        "an abandoned attempt leaves its entry to the session",
                        Queueing.LeavingInWordsOnly::new),
                backend(
                        "LCK-8a",
                        "an abandoned attempt returns before its entry is deleted",
                        (world, below) -> new Queueing.LeavingLater(world, below, Duration.ofMillis(100))),
                backend("LCK-8b", "entries of waiters are under no lease", Queueing.WithoutALease::new),
                recipes("LCK-8a", "close() leaves everything to the end of the lease", (store, settings) -> {
                    AtomicBoolean closing = new AtomicBoolean();
                    Backend careless = new Queueing.LeavingInWordsOnly(store) {
                        @Override
                        boolean isKept(String name) {
                            return closing.get();
                        }

                        @Override
                        public CompletionStage<Lease> grantLease(Duration ttl) {
                            return super.grantLease(ttl).thenApply(lease -> new OfLease(lease) {
                                @Override
                                public CompletionStage<Void> revoke() {
                                    return closing.get() ? completedFuture(null) : super.revoke();
                                }
                            });
                        }
                    };
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(careless)).connect();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        closing.compareAndSet(false, method.equals("close"));
                        return call.go();
                    });
                }),
                recipe(
                        "LCK-9a",
                        "an attempt returns a grant that it has released at its timeout",
                        Mutex.class,
                        mutex -> changed(Mutex.class, mutex, (method, call) -> {
                            Object result = call.go();
                            if (result instanceof Optional<?> grant && grant.isEmpty()) {
                                Grant late = new NobodysGrant();
                                late.release();
                                return Optional.of(late);
                            }
                            return result;
                        })),
                backend(
                        "LCK-9a",
                        "an attempt that returned empty keeps its place",
                        (world, below) -> new Queueing.LeavingLater(world, below, Duration.ofSeconds(1)) {
                            @Override
                            boolean isLate(String name) {
                                return !isGranted(name);
                            }
                        }),
                recipe(
                        "LCK-9b",
                        "each step has a timeout of its own",
                        Mutex.class,
                        mutex -> trying(mutex, timeout -> {
                            Optional<Grant> first = mutex.tryAcquire(timeout);
                            return first.isPresent() ? first : mutex.tryAcquire(timeout);
                        })),
                recipe(
                        "LCK-9b",
                        "a grant that came after the timeout is returned",
                        Mutex.class,
                        mutex -> trying(mutex, timeout -> mutex.tryAcquire(timeout.plusMillis(200)))),
                recipe(
                        "LCK-9c",
                        "an outage is reported as a busy lock",
                        Mutex.class,
                        mutex -> trying(mutex, timeout -> {
                            try {
                                return mutex.tryAcquire(timeout);
                            } catch (NotAppliedException outage) {
                                return Optional.empty();
                            }
                        })),
                recipes("LCK-9c", "the first attempt does not wait for its session", (store, settings) -> {
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(store)).connect();
                    AtomicBoolean begun = new AtomicBoolean();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        Object result = call.go();
                        return result instanceof Mutex mutex
                                ? changed(
                                        Mutex.class,
                                        mutex,
                                        (step, attempt) -> step.equals("tryAcquire") && begun.compareAndSet(false, true)
                                                ? Optional.empty()
                                                : attempt.go())
                                : result;
                    });
                }),
                backend("LCK-10", "release deletes by name", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        boolean deletes = !commit.writes().isEmpty()
                                && commit.writes().stream().allMatch(write -> write instanceof Write.Delete);
                        return super.commit(deletes ? unconditional(commit) : commit);
                    }
                }),
                backend("LCK-10", "a waiter removes its predecessor after a ttl", Queueing.Breaking::new),
                recipe(
                        "LCK-11a",
                        "a holder relies on its grant until it reconnects",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> believing(Grant.class, grant))),
                recipe(
                        "LCK-11a",
                        "isHeld() becomes false by the clock, and lost() completes at the next request",
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(Grant.class, grant, (method, call) -> {
                                    Object result = call.go();
                                    return method.equals("lost") ? new CompletableFuture<LossCause>() : result;
                                }))),
                recipe(
                        "LCK-11b",
                        "a removal is noticed when the grant is released",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> believing(Grant.class, grant))),
                recipe(
                        "LCK-11b",
                        "every loss of a grant is reported as the end of its session",
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(Grant.class, grant, (method, call) -> {
                                    Object result = call.go();
                                    return method.equals("lost")
                                            ? grant.lost().thenApply(cause -> LossCause.SESSION_EXPIRED)
                                            : result;
                                }))),
                backend(
                        "LCK-11b",
                        "a held entry is watched without a reaction",
                        below -> new Queueing.HardOfHearing(below, target -> Queueing.isQueue(target.directory()))),
                recipe(
                        "LCK-11c",
                        "lost() completes when a grant is released",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> {
                            CompletableFuture<LossCause> lost = new CompletableFuture<>();
                            return changed(Grant.class, grant, (method, call) -> {
                                if (method.equals("lost")) {
                                    return lost;
                                }
                                Object result = call.go();
                                if (method.equals("release") || method.equals("close")) {
                                    lost.complete(LossCause.SESSION_EXPIRED);
                                }
                                return result;
                            });
                        })),
                backend("LCK-12", "everyone watches the directory", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                        return target.name().isEmpty()
                                ? super.watch(target, listener)
                                : super.watch(
                                        new Target(target.directory(), Optional.empty()), new OfListener(listener) {
                                            @Override
                                            public void changed(String name, long revision) {
                                                super.changed(target.name().get(), revision);
                                            }
                                        });
                    }
                }),
                backend(
                        "LCK-12",
                        "each waiter reads the whole queue at each notice of its own, one entry at a time",
                        below -> new Queueing(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                if (!verifies(commit)) {
                                    return super.commit(commit);
                                }
                                return super.read(new Query.All(commit.directory()))
                                        .thenCompose(all -> {
                                            CompletionStage<?> looks = completedFuture(all);
                                            for (Entry entry : all.entries()) {
                                                looks = looks.thenCompose(done ->
                                                        super.read(new Query.One(commit.directory(), entry.name())));
                                            }
                                            return looks.thenCompose(done -> super.commit(commit));
                                        });
                            }
                        }),
                backend("LCK-13", "an enqueue without an answer counts as not applied", below -> new Queueing(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return super.commit(commit)
                                .exceptionallyCompose(lost -> failedFuture(
                                        enqueues(commit) && CommitMutants.isUnknown(lost)
                                                ? new BackendException(
                                                        BackendException.Outcome.NOT_APPLIED, false, "no answer", lost)
                                                : lost));
                    }
                }),
                backend(
                        "LCK-13",
                        "an enqueue that one look does not find counts as not applied",
                        below -> new Queueing(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                boolean settles = enqueues(commit)
                                        && commit.returning()
                                                .filter(Query.One.class::isInstance)
                                                .isPresent();
                                if (!settles) {
                                    return super.commit(commit);
                                }
                                // Looks only, and answers as if the name were taken.
                                Commit look = new Commit(
                                        commit.directory(), commit.conditions(), List.of(), commit.returning());
                                return super.commit(look)
                                        .thenApply(result -> result instanceof CommitResult.Committed found
                                                ? new CommitResult.Committed(found.revision(), Optional.of(put(commit)))
                                                : result);
                            }

                            private Snapshot put(Commit commit) {
                                List<Entry> entries = commit.writes().stream()
                                        .filter(Write.Put.class::isInstance)
                                        .map(Write.Put.class::cast)
                                        .map(put -> new Entry(put.name(), put.value(), 1, 1, put.leaseId()))
                                        .toList();
                                return new Snapshot(entries, false);
                            }
                        }),
                lock("LCK-14", "a reentrant lock() waits for its own thread", mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isMine() {
                        return false;
                    }
                }),
                lock("LCK-14", "a reentrant lock() creates a new grant", mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    void again() throws InterruptedException {
                        leave();
                        enter();
                    }
                }),
                lock("LCK-14", "the first unlock() releases", mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isLast() {
                        return true;
                    }
                }),
                lock("LCK-14", "every thread of the client may enter again", mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isMine() {
                        return true;
                    }
                }),
                lock("LCK-14", "unlock() does not report a loss", mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    void leave() {
                        grant().close();
                    }
                }));
    }
}
