package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.ElectionObjects.terms;
import static io.sereno.suite.mutants.LockObjects.granting;
import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static io.sereno.suite.mutants.RecipeMutants.recipes;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Locks and elections that are nearly always correct, but not the second time, after a loss, or for one kind of caller.
 */
final class SeldomRecipes {
    private SeldomRecipes() {}

    static List<Mutant> all() {
        return Stream.of(locks(), elections()).flatMap(List::stream).toList();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static List<Mutant> locks() {
        return List.of(
                recipe(
                        "LCK-2b",
                        "the token of a grant that was lost is 0",
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> LockObjects.tokens(
                                        grant,
                                        token -> grant.lost()
                                                        .toCompletableFuture()
                                                        .isDone()
                                                ? 0
                                                : token))),
                backend("LCK-3", "a renewal soon after another is not sent", SeldomRecipes::savingRenewals),
                lines("LCK-5b", "waiters with a timeout come after waiters without", (waiting, timed) -> {
                    int first = timed.indexOf(false);
                    return Math.max(0, first);
                }),
                lines("LCK-5b", "a caller that gives up leaves its place to the last caller", null),
                backend("LCK-8b", "the second place of a client is under no lease", LeaselessLater::new),
                recipe(
                        "LCK-11c",
                        "close() of a grant completes lost()",
                        Mutex.class,
                        mutex -> granting(mutex, SeldomRecipes::lostWhenClosed)),
                recipes("LCK-11c", "the end of a session completes lost() of released grants", (store, settings) -> {
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(store)).connect();
                    List<CompletableFuture<LossCause>> had = new CopyOnWriteArrayList<>();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        Object result = call.go();
                        return result instanceof Mutex mutex
                                ? granting(mutex, grant -> remembered(grant, had))
                                : result;
                    });
                }));
    }

    private static List<Mutant> elections() {
        return List.of(
                new Mutant("isHeld() follows lost(), which completes a moment late", "LDR-2", new World.Backends() {
                    @Override
                    public Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
                        Sereno sereno = settings.apply(Sereno.builder().backend(backend))
                                .connect();
                        return changed(Sereno.class, sereno, (method, call) -> {
                            Object result = call.go();
                            return result instanceof LeaderElection election
                                    ? terms(election, leadership -> heldUntilTold(world, leadership))
                                    : result;
                        });
                    }
                }),
                backend("LDR-2", "a renewal soon after another is not sent", SeldomRecipes::savingRenewals),
                backend("LDR-5b", "a leader whose entry was removed enrols while its callback runs", Hasty::new));
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

    private static Leadership heldUntilTold(World world, Leadership leadership) {
        AtomicBoolean told = new AtomicBoolean();
        leadership.lost().thenAccept(cause -> world.later(Duration.ofMillis(200), Runnable::run, () -> told.set(true)));
        AtomicBoolean released = new AtomicBoolean();
        return changed(Leadership.class, leadership, (method, call) -> switch (method) {
            case "isHeld" ->
                !told.get()
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
        return LeaseMutants.leased(below, lease -> new Wrapper.OfLease(lease) {
            private long last = world.time().nanoTime();

            @Override
            public synchronized CompletionStage<Boolean> renew() {
                long now = world.time().nanoTime();
                if (now - last < ttl().toNanos() / 2) {
                    return completedFuture(true);
                }
                last = now;
                return super.renew();
            }
        });
    }

    /** The first place is bound to the session, and later ones are not. */
    private static final class LeaselessLater extends Queueing {
        private boolean enqueued;

        LeaselessLater(Backend below) {
            super(below);
        }

        @Override
        public synchronized CompletionStage<CommitResult> commit(Commit commit) {
            boolean again = enqueued;
            enqueued |= enqueues(commit);
            return super.commit(again && enqueues(commit) ? Commits.leaseless(commit) : commit);
        }
    }

    /** Which of the waiters is next. */
    private interface Next {
        int of(List<CompletableFuture<Boolean>> waiting, List<Boolean> timed);
    }

    private static Mutant lines(String rule, String what, @Nullable Next next) {
        return recipe(rule, what, Mutex.class, mutex -> {
            Line line = new Line(next);
            return changed(
                    Mutex.class,
                    mutex,
                    (method, call) -> method.equals("call") || method.equals("acquire") || method.equals("tryAcquire")
                            ? line.oneAtATime(call, method.equals("tryAcquire"))
                            : call.go());
        });
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
    private static final class Hasty extends Queueing {
        private final Map<String, Commit> places = new ConcurrentHashMap<>();

        Hasty(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (enqueues(commit)) {
                commit.writes().stream()
                        .filter(Write.Put.class::isInstance)
                        .forEach(write -> places.put(write.name(), commit));
            } else if (leaves(commit)) {
                commit.writes().forEach(write -> places.remove(write.name()));
            }
            return super.commit(commit);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new OfListener(listener) {
                @Override
                public void changed(String name, long revision) {
                    super.changed(name, revision);
                    Commit place = places.get(name);
                    if (place != null && target.directory().equals(place.directory())) {
                        read(new Query.One(target.directory(), name)).thenAccept(read -> again(read, name));
                    }
                }
            });
        }

        private void again(Snapshot read, String name) {
            Commit place = read.entries().isEmpty() ? places.remove(name) : null;
            if (place != null) {
                Commit.Builder anew = Commit.to(place.directory()).ifAbsent(name);
                place.writes().stream()
                        .filter(write ->
                                write instanceof Write.Put && write.name().equals(name))
                        .forEach(write -> anew.put(name, ((Write.Put) write).value(), ((Write.Put) write).leaseId()));
                below.commit(anew.build());
            }
        }
    }
}
