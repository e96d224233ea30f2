package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.LockObjects.granting;
import static io.sereno.suite.mutants.LockObjects.handingOn;
import static io.sereno.suite.mutants.LockObjects.lock;
import static io.sereno.suite.mutants.LockObjects.timed;
import static io.sereno.suite.mutants.LockObjects.tokens;
import static io.sereno.suite.mutants.LockObjects.trying;
import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Write;
import io.sereno.suite.mutants.LockObjects.NobodysGrant;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Mutexes that have two holders, no holder, or one holder forever. */
final class LockMutants {
    private LockMutants() {}

    static void addTo(Mutants all) {
        fencing(all);
        proofs(all);
        queues(all);
        abandoned(all);
        attempts(all);
        losses(all);
        requests(all);
        reentrant(all);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void fencing(Mutants all) {
        all.recipe("LCK-1", "the grants of one series have one token")
                .objects(Mutex.class, mutex -> granting(mutex, grant -> tokens(grant, token -> token / 1_024 * 1_024)));
        all.recipe("LCK-1", "tokens are counted by each client").in(granting(LockObjects::counted));
        all.recipe("LCK-2a", "the token is a version of the entry")
                .objects(
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(
                                        Grant.class,
                                        grant,
                                        (method, call) -> method.equals("fencingToken")
                                                ? Long.valueOf((long) Objects.requireNonNull(call.go()) % 1_024)
                                                : call.go())));
        all.recipe("LCK-2a", "tokens begin again with each client").in(granting(LockObjects::counted));
        all.recipe("LCK-2b", "a token that is read again is the newest grant's").in(granting(newest -> grant -> {
            newest.set(grant.fencingToken());
            return tokens(grant, token -> newest.get());
        }));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void proofs(Mutants all) {
        all.recipe("LCK-3", "a holder that is cut off relies on its grant until it reconnects")
                .objects(Mutex.class, mutex -> granting(mutex, grant -> believing(Grant.class, grant)));
        all.recipe("LCK-3", "tryAcquire is true when its time is over").calls(Mutex.class, (method, call) -> {
            Object result = call.go();
            return result instanceof Optional<?> grant && grant.isEmpty() ? Optional.of(new NobodysGrant()) : result;
        });
        all.backend("LCK-4", "the lease is not verified after waiting")
                .commits((world, below, commit) ->
                        commit.writes().isEmpty() && !commit.conditions().isEmpty()
                                ? completedFuture(Commits.done())
                                : below.commit(commit));
        all.backend("LCK-4", "only the direct predecessor is checked").requests(Queueing::lookingAtTheNearest);
        all.backend("LCK-4", "the own entry is not looked at after waiting")
                .requests(commit -> Queueing.verifies(commit)
                        ? Queueing.conditions(commit, Condition.Absent.class::isInstance)
                        : commit);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void queues(Mutants all) {
        all.backend("LCK-5a", "all waiters watch the first place of the queue").results(Queueing::lookingAtTheFirst);
        all.recipe("LCK-5a", "a waiter polls, and does not queue").in(timed(LockObjects::polling));
        all.recipe("LCK-5b", "the caller who came last is the first to be served")
                .objects(Mutex.class, mutex -> {
                    LockObjects.Stack stack = new LockObjects.Stack();
                    return changed(
                            Mutex.class,
                            mutex,
                            (method, call) -> method.equals("call") || method.equals("acquire")
                                    ? stack.oneAtATime(call)
                                    : call.go());
                });
        all.recipe("LCK-6", "a series continues as long as there are callers")
                .in(handingOn(Integer.MAX_VALUE, Duration.ofDays(1)));
        all.recipe("LCK-6", "a series takes 100 ms").in(handingOn(Integer.MAX_VALUE, Duration.ofMillis(100)));
        all.recipe("LCK-6", "the holds of a series are not counted")
                .in(handingOn(Integer.MAX_VALUE, Duration.ofMillis(20)));
        all.backend("LCK-7", "the watch is opened after the only look").with(Queueing::watchingTooLate);
        all.backend("LCK-7", "a waiter looks only after a notice").with(Queueing::waitingForNotices);
        all.backend("LCK-7", "a reset is ignored")
                .listeners((target, listener) -> Hooks.listener(listener::changed, () -> {
                    // Assumes that a watch that is live again needs no read.
                }));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void abandoned(Mutants all) {
        all.backend("LCK-8a", "an abandoned attempt leaves its entry to the session")
                .with(below -> Queueing.leavingInWordsOnly(below));
        all.backend("LCK-8a", "an abandoned attempt returns before its entry is deleted")
                .with((world, below) -> Queueing.leavingLater(world, below, Duration.ofMillis(100), name -> true));
        all.backend("LCK-8b", "entries of waiters are under no lease").requests(Queueing::withoutALease);
        all.recipe("LCK-8a", "the cancellation of a request ends its future alone")
                .objects(
                        Mutex.class,
                        mutex -> changed(
                                Mutex.class,
                                mutex,
                                (method, call) -> method.equals("acquireAsync") ? uncancelled(mutex) : call.go()));
        all.recipe("LCK-8a", "close() leaves everything to the end of the lease")
                .with((store, settings) -> {
                    AtomicBoolean closing = new AtomicBoolean();
                    Backend careless = Queueing.leavingInWordsOnly(store, name -> closing.get())
                            .leases(lease -> Hooks.revoking(
                                    lease, () -> closing.get() ? completedFuture(null) : lease.revoke()));
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(careless)).connect();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        closing.compareAndSet(false, method.equals("close"));
                        return call.go();
                    });
                });
    }

    /** A future that only follows the request. */
    private static CompletableFuture<Grant> uncancelled(Mutex mutex) {
        return mutex.acquireAsync().thenApply(grant -> grant);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void attempts(Mutants all) {
        all.recipe("LCK-9a", "an attempt returns a grant that it has released at its timeout")
                .calls(Mutex.class, (method, call) -> {
                    Object result = call.go();
                    if (result instanceof Optional<?> grant && grant.isEmpty()) {
                        Grant late = new NobodysGrant();
                        late.release();
                        return Optional.of(late);
                    }
                    return result;
                });
        all.backend("LCK-9a", "an attempt that returned empty keeps its place").with((world, below) -> {
            Set<String> granted = ConcurrentHashMap.newKeySet();
            return Queueing.leavingLater(
                    world, Queueing.noting(below, granted), Duration.ofSeconds(1), name -> !granted.contains(name));
        });
        all.recipe("LCK-9b", "each step has a timeout of its own")
                .objects(
                        Mutex.class,
                        mutex -> trying(mutex, timeout -> {
                            Optional<Grant> first = mutex.tryAcquire(timeout);
                            return first.isPresent() ? first : mutex.tryAcquire(timeout);
                        }));
        all.recipe("LCK-9b", "a grant that came after the timeout is returned")
                .objects(Mutex.class, mutex -> trying(mutex, timeout -> mutex.tryAcquire(timeout.plusMillis(200))));
        all.recipe("LCK-9c", "an outage is reported as a busy lock")
                .objects(
                        Mutex.class,
                        mutex -> trying(mutex, timeout -> {
                            try {
                                return mutex.tryAcquire(timeout);
                            } catch (NotAppliedException outage) {
                                return Optional.empty();
                            }
                        }));
        all.recipe("LCK-9c", "the first attempt does not wait for its session").with((store, settings) -> {
            Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
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
        });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void losses(Mutants all) {
        all.backend("LCK-10", "release deletes by name").commits((world, below, commit) -> {
            boolean deletes = !commit.writes().isEmpty()
                    && commit.writes().stream().allMatch(write -> write instanceof Write.Delete);
            return below.commit(deletes ? unconditional(commit) : commit);
        });
        all.backend("LCK-10", "a waiter removes its predecessor after a ttl").with(Queueing::breaking);
        all.recipe("LCK-11a", "a holder relies on its grant until it reconnects")
                .objects(Mutex.class, mutex -> granting(mutex, grant -> believing(Grant.class, grant)));
        all.recipe("LCK-11a", "isHeld() becomes false by the clock, and lost() completes at the next request")
                .objects(
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(Grant.class, grant, (method, call) -> {
                                    Object result = call.go();
                                    return method.equals("lost") ? new CompletableFuture<LossCause>() : result;
                                })));
        all.recipe("LCK-11b", "a removal is noticed when the grant is released")
                .objects(Mutex.class, mutex -> granting(mutex, grant -> believing(Grant.class, grant)));
        all.recipe("LCK-11b", "every loss of a grant is reported as the end of its session")
                .objects(
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(Grant.class, grant, (method, call) -> {
                                    Object result = call.go();
                                    return method.equals("lost")
                                            ? grant.lost().thenApply(cause -> LossCause.SESSION_EXPIRED)
                                            : result;
                                })));
        all.backend("LCK-11b", "a held entry is watched without a reaction").listeners(Queueing::hardOfHearing);
        all.recipe("LCK-11c", "lost() completes when a grant is released")
                .objects(
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
                        }));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void requests(Mutants all) {
        all.backend("LCK-12", "everyone watches the directory")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> target.name().isEmpty()
                                ? below.watch(target, listener)
                                : below.watch(
                                        new Target(target.directory(), Optional.empty()),
                                        Hooks.listener(
                                                (name, revision) -> listener.changed(
                                                        target.name().get(), revision),
                                                listener::reset))));
        all.backend("LCK-12", "each waiter reads the whole queue at each notice of its own, one entry at a time")
                .commits((world, below, commit) -> {
                    if (!Queueing.verifies(commit)) {
                        return below.commit(commit);
                    }
                    return below.read(new Query.All(commit.directory())).thenCompose(queue -> {
                        CompletionStage<?> looks = completedFuture(queue);
                        for (Entry entry : queue.entries()) {
                            looks = looks.thenCompose(
                                    done -> below.read(new Query.One(commit.directory(), entry.name())));
                        }
                        return looks.thenCompose(done -> below.commit(commit));
                    });
                });
        all.backend("LCK-13", "an enqueue without an answer counts as not applied")
                .failures((commit, lost) -> Queueing.enqueues(commit) && Failures.isUnknown(lost)
                        ? Failures.notApplied("no answer", lost)
                        : lost);
        all.backend("LCK-13", "an enqueue that one look does not find counts as not applied")
                .commits((world, below, commit) -> {
                    boolean settles = Queueing.enqueues(commit)
                            && commit.returning()
                                    .filter(Query.One.class::isInstance)
                                    .isPresent();
                    if (!settles) {
                        return below.commit(commit);
                    }
                    // Only reads, and answers as if the name were taken.
                    return below.commit(Commits.writing(commit, List.of()))
                            .thenApply(result -> result instanceof CommitResult.Committed
                                    ? Commits.seen(result, read -> put(commit))
                                    : result);
                });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void reentrant(Mutants all) {
        all.recipe("LCK-14", "a reentrant lock() waits for its own thread")
                .objects(Mutex.class, lock(mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isMine() {
                        return false;
                    }
                }));
        all.recipe("LCK-14", "a reentrant lock() creates a new grant")
                .objects(Mutex.class, lock(mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    void again() throws InterruptedException {
                        leave();
                        enter();
                    }
                }));
        all.recipe("LCK-14", "the first unlock() releases")
                .objects(Mutex.class, lock(mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isLast() {
                        return true;
                    }
                }));
        all.recipe("LCK-14", "every thread of the client may enter again")
                .objects(Mutex.class, lock(mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isMine() {
                        return true;
                    }
                }));
        all.recipe("LCK-14", "unlock() does not report a loss")
                .objects(Mutex.class, lock(mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    void leave() {
                        grant().close();
                    }
                }));
        all.recipe("LCK-14", "isHeldByCurrentThread() does not look at the grant")
                .objects(Mutex.class, lock(mutex -> new LockObjects.Lockings(mutex) {
                    @Override
                    boolean isHeld() {
                        return isMine();
                    }
                }));
    }

    /** What the commit would read if it were applied. */
    private static Snapshot put(Commit commit) {
        List<Entry> entries = commit.writes().stream()
                .filter(Write.Put.class::isInstance)
                .map(Write.Put.class::cast)
                .map(put -> new Entry(put.name(), put.value(), 1, 1, put.leaseId()))
                .toList();
        return new Snapshot(entries, false);
    }
}
