package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.ElectionObjects.terms;
import static io.sereno.suite.mutants.LockObjects.granting;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Locks and elections that are nearly always correct, but not the second time, after a loss, or for one kind of caller.
 */
final class SeldomRecipes {
    private SeldomRecipes() {}

    static void addTo(Mutants all) {
        locks(all);
        elections(all);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void locks(Mutants all) {
        all.recipe("LCK-2b", "the token of a grant that was lost is 0")
                .objects(
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> LockObjects.tokens(
                                        grant,
                                        token -> grant.lost()
                                                        .toCompletableFuture()
                                                        .isDone()
                                                ? 0
                                                : token)));
        all.backend("LCK-3", "a renewal soon after another is not sent").with(SeldomRecipes::savingRenewals);
        all.recipe("LCK-5b", "waiters with a timeout come after waiters without")
                .objects(Mutex.class, lines((waiting, timed) -> {
                    int first = timed.indexOf(false);
                    return Math.max(0, first);
                }));
        all.recipe("LCK-5b", "a caller that gives up leaves its place to the last caller")
                .objects(Mutex.class, lines(null));
        all.backend("LCK-8b", "the second place of a client is under no lease").with(SeldomRecipes::leaselessLater);
        all.recipe("LCK-11c", "close() of a grant completes lost()")
                .objects(Mutex.class, mutex -> granting(mutex, SeldomRecipes::lostWhenClosed));
        all.recipe("LCK-11c", "the end of a session completes lost() of released grants")
                .with((store, settings) -> {
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(store)).connect();
                    List<CompletableFuture<LossCause>> had = new CopyOnWriteArrayList<>();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        Object result = call.go();
                        return result instanceof Mutex mutex
                                ? granting(mutex, grant -> remembered(grant, had))
                                : result;
                    });
                });
    }

    private static void elections(Mutants all) {
        all.recipe("LDR-2", "isHeld() follows lost(), which completes a moment late")
                .in((world, backend, settings) -> {
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(backend)).connect();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        Object result = call.go();
                        return result instanceof LeaderElection election
                                ? terms(election, leadership -> heldUntilTheLossIsReported(world, leadership))
                                : result;
                    });
                });
        all.backend("LDR-2", "a renewal soon after another is not sent").with(SeldomRecipes::savingRenewals);
        all.backend("LDR-5b", "a leader whose entry was removed enrols while its callback runs")
                .with(SeldomRecipes::hasty);
    }

    private static Grant lostWhenClosed(Grant grant) {
        CompletableFuture<LossCause> lost = new CompletableFuture<>();
        grant.lost().thenAccept(lost::complete);
        return changed(Grant.class, grant, (method, call) -> switch (method) {
            case "lost" -> lost;
            case "close" -> {
                lost.complete(LossCause.ENTRY_REMOVED);
                yield call.go();
            }
            default -> call.go();
        });
    }

    private static Grant remembered(Grant grant, List<CompletableFuture<LossCause>> had) {
        CompletableFuture<LossCause> lost = new CompletableFuture<>();
        had.add(lost);
        grant.lost().thenAccept(cause -> had.forEach(each -> each.complete(cause)));
        return changed(Grant.class, grant, (method, call) -> method.equals("lost") ? lost : call.go());
    }

    private static Leadership heldUntilTheLossIsReported(World world, Leadership leadership) {
        AtomicBoolean reported = new AtomicBoolean();
        leadership.lost().thenAccept(cause -> world.later(Duration.ofMillis(200), () -> reported.set(true)));
        AtomicBoolean released = new AtomicBoolean();
        return changed(Leadership.class, leadership, (method, call) -> switch (method) {
            case "isHeld" ->
                !reported.get()
                        && !released.get()
                        && (leadership.isHeld()
                                || leadership.lost().toCompletableFuture().isDone());
            case "release", "close" -> {
                released.set(true);
                yield call.go();
            }
            default -> call.go();
        });
    }

    /** Renews at most once in half a ttl, and reports success in between. */
    private static Backend savingRenewals(World world, Backend below) {
        return new Hooks(below).leases(lease -> {
            AtomicLong last = new AtomicLong(world.time().nanoTime());
            return Hooks.renewing(lease, () -> {
                long now = world.time().nanoTime();
                if (now - last.get() < lease.ttl().toNanos() / 2) {
                    return completedFuture(true);
                }
                last.set(now);
                return lease.renew();
            });
        });
    }

    /** The first place is bound to the session, and later ones are not. */
    private static Backend leaselessLater(Backend below) {
        AtomicBoolean enqueued = new AtomicBoolean();
        return new Hooks(below)
                .commits(commit -> below.commit(
                        Queueing.enqueues(commit) && enqueued.getAndSet(true) ? Commits.leaseless(commit) : commit));
    }

    /** Which of the waiters is next. */
    private interface Next {
        int of(List<CompletableFuture<Boolean>> waiting, List<Boolean> timed);
    }

    private static UnaryOperator<Mutex> lines(@Nullable Next next) {
        return mutex -> {
            Line line = new Line(next);
            return changed(
                    Mutex.class,
                    mutex,
                    (method, call) -> method.equals("call") || method.equals("acquire") || method.equals("tryAcquire")
                            ? line.oneAtATime(call, method.equals("tryAcquire"))
                            : call.go());
        };
    }

    /** Admits one caller after another. */
    private static final class Line {
        private final @Nullable Next next;
        private final List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
        private final List<Boolean> timed = new ArrayList<>();
        private boolean isTaken;

        Line(@Nullable Next next) {
            this.next = next;
        }

        @Nullable
        Object oneAtATime(RecipeMutants.Call call, boolean isTimed) throws Throwable {
            CompletableFuture<Boolean> turn = new CompletableFuture<>();
            synchronized (this) {
                if (isTaken) {
                    waiting.add(turn);
                    timed.add(isTimed);
                } else {
                    isTaken = true;
                    turn.complete(true);
                }
            }
            try {
                turn.get();
            } catch (InterruptedException givenUp) {
                leave(turn);
                throw givenUp;
            }
            try {
                return call.go();
            } finally {
                next();
            }
        }

        /** Swaps with the last element, as if the order did not matter. */
        @SuppressWarnings("CollectionUndefinedEquality") // By identity, as futures compare.
        private synchronized void leave(CompletableFuture<Boolean> turn) {
            int place = waiting.indexOf(turn);
            if (place >= 0) {
                Collections.swap(waiting, place, waiting.size() - 1);
                Collections.swap(timed, place, timed.size() - 1);
                waiting.remove(waiting.size() - 1);
                timed.remove(timed.size() - 1);
            }
        }

        private synchronized void next() {
            isTaken = !waiting.isEmpty();
            if (isTaken) {
                int place = next == null ? 0 : next.of(waiting, timed);
                timed.remove(place);
                waiting.remove(place).complete(true);
            }
        }
    }

    /** Enters the queue again as soon as it is notified that its place was removed. */
    private static Backend hasty(Backend below) {
        Map<String, Commit> places = new ConcurrentHashMap<>();
        return new Hooks(below)
                .commits(commit -> {
                    if (Queueing.enqueues(commit)) {
                        commit.writes().stream()
                                .filter(Write.Put.class::isInstance)
                                .forEach(write -> places.put(write.name(), commit));
                    } else if (Queueing.leaves(commit)) {
                        commit.writes().forEach(write -> places.remove(write.name()));
                    }
                    return below.commit(commit);
                })
                .listeners((target, listener) -> Hooks.listener(
                        (name, revision) -> {
                            listener.changed(name, revision);
                            Commit place = places.get(name);
                            if (place != null && target.directory().equals(place.directory())) {
                                below.read(new Query.One(target.directory(), name))
                                        .thenAccept(read -> {
                                            if (read.entries().isEmpty() && places.remove(name) != null) {
                                                enterAgain(below, place, name);
                                            }
                                        });
                            }
                        },
                        listener::reset));
    }

    private static void enterAgain(Backend below, Commit place, String name) {
        Commit.Builder again = Commit.to(place.directory()).ifAbsent(name);
        place.writes().stream()
                .filter(write -> write instanceof Write.Put && write.name().equals(name))
                .forEach(write -> again.put(name, ((Write.Put) write).value(), ((Write.Put) write).leaseId()));
        below.commit(again.build());
    }
}
