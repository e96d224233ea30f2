package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import io.sereno.suite.mutants.RecipeMutants.Call;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Counters that add twice, forget, answer from memory, or make their callers wait for each other. */
final class CounterMutants {
    private CounterMutants() {}

    static List<Mutant> all() {
        return List.of(
                counter("CTR-1", "a client reads the value that it saw last", (seen, method, call) -> {
                    Long last = seen.value;
                    return method.equals("get") && last != null ? last : seen.noting(method, call);
                }),
                backend("CTR-1", "a change is put without a condition", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        List<Condition> kept = commit.conditions().stream()
                                .filter(condition ->
                                        !condition.name().equals("v") || !(condition instanceof Condition.ModRevision))
                                .toList();
                        return super.commit(
                                changes(commit)
                                        ? new Commit(commit.directory(), kept, commit.writes(), commit.returning())
                                        : commit);
                    }
                }),
                counter(
                        "CTR-1",
                        "getAndAdd returns the new value",
                        (seen, method, call) -> method.equals("getAndAdd")
                                ? seen.counter.addAndGet(call.given(0, Long.class))
                                : call.go()),
                counter("CTR-1", "getAndSet reads and sets in two steps", (seen, method, call) -> {
                    if (!method.equals("getAndSet")) {
                        return call.go();
                    }
                    long before = seen.counter.get();
                    seen.counter.set(call.given(0, Long.class));
                    return before;
                }),
                doubting(
                        "CTR-2",
                        "a change of unknown outcome counts as not applied",
                        (below, commit, lost) ->
                                failedFuture(new BackendException(Outcome.NOT_APPLIED, false, "try again", lost))),
                doubting(
                        "CTR-2",
                        "an unknown outcome is settled by a comparison of values",
                        CounterMutants::comparingValues),
                counter(
                        "CTR-3",
                        "changes in one commit all return the sum",
                        (seen, method, call) -> method.equals("addAsync")
                                ? seen.combining.add(call, Combining.Told.THE_SUM)
                                : call.go()),
                counter(
                        "CTR-3",
                        "an overflow fails all changes in the same commit",
                        (seen, method, call) -> method.equals("addAsync")
                                ? seen.combining.add(call, Combining.Told.ONE_FAILURE)
                                : call.go()),
                counter(
                        "CTR-3",
                        "changes in one commit are applied in reverse order",
                        (seen, method, call) -> method.equals("addAsync")
                                ? seen.combining.add(call, Combining.Told.BACKWARDS)
                                : call.go()),
                counter("CTR-4", "adding 0 is answered with the value that was seen last", (seen, method, call) -> {
                    Long last = seen.value;
                    return method.equals("addAndGet") && last != null && call.given(0, Long.class) == 0
                            ? last
                            : seen.noting(method, call);
                }),
                counter(
                        "CTR-4",
                        "a comparison with a value other than the last one seen fails at once",
                        (seen, method, call) -> {
                            Long last = seen.value;
                            return method.equals("compareAndSet")
                                            && last != null
                                            && !last.equals(call.given(0, Long.class))
                                    ? false
                                    : seen.noting(method, call);
                        }),
                counter("CTR-4", "an overflow is checked against the last value seen", (seen, method, call) -> {
                    Long last = seen.value;
                    if (method.equals("addAndGet") && last != null) {
                        Math.addExact(last, call.given(0, Long.class));
                    }
                    return seen.noting(method, call);
                }),
                backend("CTR-5", "a change is given up after five conflicts", GivingUp::new),
                counter(
                        "CTR-5",
                        "each change waits for the end of the change before",
                        (seen, method, call) -> method.equals("get") ? call.go() : seen.turns.take(call)),
                counter(
                        "CTR-6",
                        "a caller's function runs while the counter is locked",
                        (seen, method, call) -> seen.turns.take(call)),
                counter(
                        "CTR-6",
                        "a change by a function waits for other changes by functions",
                        (seen, method, call) -> method.equals("updateAndGet") ? seen.turns.take(call) : call.go()),
                new Mutant("callbacks are handed to a pool of threads", "CTR-7", new World.Backends() {
                    @Override
                    public Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
                        return counters(backend, settings, (seen, counter) -> new Pooled(world, counter).counter());
                    }
                }),
                backend("CTR-7", "a change soon after another change is not announced", Throttled::new),
                backend(
                        "CTR-8",
                        "a change of unknown outcome is resent without its conditions",
                        below -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(lost -> CommitMutants.isUnknown(lost)
                                                        && commit.directory().contains("counter")
                                                ? super.commit(unconditional(commit))
                                                : failedFuture(lost));
                            }
                        }),
                counter("CTR-8", "a deletion of unknown outcome is reported as not applied", (seen, method, call) -> {
                    try {
                        return call.go();
                    } catch (OutcomeUnknownException lost) {
                        if (method.equals("delete")) {
                            throw new NotAppliedException("delete was not answered");
                        }
                        throw lost;
                    }
                }),
                backend("CTR-9", "the record of a client is never taken away", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        boolean cleans = commit.directory().contains("counter")
                                && !commit.writes().isEmpty()
                                && commit.writes().stream()
                                        .allMatch(write -> write instanceof Write.Delete
                                                && write.name().startsWith("o-"));
                        return cleans
                                ? completedFuture(new CommitResult.Committed(0, Optional.empty()))
                                : super.commit(commit);
                    }
                }),
                counter("CTR-9", "a deletion sets the value to 0, and leaves it", (seen, method, call) -> {
                    if (method.equals("delete")) {
                        seen.counter.set(0);
                        return null;
                    }
                    return call.go();
                }));
    }

    private static boolean changes(Commit commit) {
        return commit.directory().contains("counter/")
                && commit.writes().stream()
                        .anyMatch(write ->
                                write instanceof Write.Put && write.name().equals("v"));
    }

    /** Like Curator: takes another value as proof that the change was not applied. */
    private static CompletionStage<CommitResult> comparingValues(Backend below, Commit commit, Throwable lost) {
        return below.read(new Query.One(commit.directory(), "v")).thenApply(read -> {
            boolean same = read.entries().stream()
                    .anyMatch(entry -> commit.writes().stream()
                            .anyMatch(write -> write instanceof Write.Put put
                                    && put.name().equals("v")
                                    && put.value().equals(entry.value())));
            return same
                    ? new CommitResult.Committed(read.entries().get(0).modRevision(), Optional.empty())
                    : new CommitResult.Conflict(Optional.empty());
        });
    }

    private interface Doubt {
        CompletionStage<CommitResult> of(Backend below, Commit commit, Throwable lost);
    }

    /** A bug in handling a change of unknown outcome. */
    private static Mutant doubting(String rule, String what, Doubt doubt) {
        return backend(rule, what, below -> new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .exceptionallyCompose(lost -> changes(commit) && CommitMutants.isUnknown(lost)
                                ? doubt.of(below, commit, lost)
                                : failedFuture(lost));
            }
        });
    }

    private interface Remembering {
        @Nullable
        Object of(Seen seen, String method, Call call) throws Throwable;
    }

    private interface Around {
        Counter of(Seen seen, Counter counter);
    }

    /** A bug in what a client remembers of one counter. */
    private static Mutant counter(String rule, String what, Remembering broken) {
        return RecipeMutants.recipes(
                rule,
                what,
                (store, settings) -> counters(
                        store,
                        settings,
                        (seen, counter) ->
                                changed(Counter.class, counter, (method, call) -> broken.of(seen, method, call))));
    }

    private static Sereno counters(Backend store, UnaryOperator<Sereno.Builder> settings, Around around) {
        Map<String, Seen> all = new ConcurrentHashMap<>();
        Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
        return changed(Sereno.class, sereno, (method, call) -> {
            Object result = call.go();
            return result instanceof Counter counter
                    ? around.of(all.computeIfAbsent(counter.name(), name -> new Seen(counter)), counter)
                    : result;
        });
    }

    /** The shared state of the objects of one counter within a client. */
    private static final class Seen {
        final Counter counter;
        final Turns turns = new Turns();
        final Combining combining;
        volatile @Nullable Long value;

        Seen(Counter counter) {
            this.counter = counter;
            this.combining = new Combining(counter);
        }

        @Nullable
        Object noting(String method, Call call) throws Throwable {
            Object result = call.go();
            switch (method) {
                case "get", "addAndGet", "incrementAndGet", "updateAndGet" -> value = (Long) result;
                case "set", "getAndSet" -> value = call.given(0, Long.class);
                default -> {
                    // It does not report the current value.
                }
            }
            return result;
        }
    }

    /** One caller after another. */
    private static final class Turns {
        private CompletableFuture<Boolean> last = completedFuture(true);

        @Nullable
        Object take(Call call) throws Throwable {
            CompletableFuture<Boolean> own = new CompletableFuture<>();
            CompletableFuture<Boolean> before;
            synchronized (this) {
                before = last;
                last = own;
            }
            before.join();
            try {
                return call.go();
            } finally {
                own.complete(true);
            }
        }
    }

    /** Gives up after a number of conflicts. */
    private static final class GivingUp extends Wrapper {
        private final AtomicInteger conflicts = new AtomicInteger();

        GivingUp(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).thenCompose(result -> {
                if (!changes(commit)) {
                    return completedFuture(result);
                }
                if (!(result instanceof CommitResult.Conflict)) {
                    conflicts.set(0);
                    return completedFuture(result);
                }
                return conflicts.incrementAndGet() < 5
                        ? completedFuture(result)
                        : failedFuture(
                                new BackendException(Outcome.NOT_APPLIED, true, "others were faster five times", null));
            });
        }
    }

    /** One of two threads is slower. */
    private static final class Pooled {
        private final World world;
        private final Counter right;
        private final AtomicInteger told = new AtomicInteger();

        Pooled(World world, Counter right) {
            this.world = world;
            this.right = right;
        }

        Counter counter() {
            return changed(
                    Counter.class,
                    right,
                    (method, call) -> method.equals("onChange")
                            ? right.onChange(value -> tell(call.given(0, LongConsumer.class), value))
                            : call.go());
        }

        private void tell(LongConsumer callback, long value) {
            world.later(
                    Duration.ofMillis(
                            40 - told.incrementAndGet() % 4 * 13), // so that three of four overtake the previous one
                    Runnable::run,
                    () -> callback.accept(value));
        }
    }

    /** Is notified of a change within ten milliseconds. */
    private static final class Throttled extends Wrapper {
        private final World world;

        Throttled(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(
                    target,
                    !target.directory().contains("counter/")
                            ? listener
                            : new OfListener(listener) {
                                private long next = world.time().nanoTime();

                                @Override
                                public void changed(String name, long revision) {
                                    long now = world.time().nanoTime();
                                    if (now - next >= 0) {
                                        next = now + Duration.ofMillis(10).toNanos();
                                        super.changed(name, revision);
                                    }
                                }
                            });
        }
    }
}
