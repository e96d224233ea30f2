package io.sereno.suite.mutants;

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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Counters that add twice, forget, answer from memory, or make their callers wait for each other. */
final class CounterMutants {
    private CounterMutants() {}

    static void addTo(Mutants all) {
        values(all);
        batches(all);
        conflicts(all);
        listeners(all);
    }

    private static void values(Mutants all) {
        all.recipe("CTR-1", "a client reads the value that it saw last").in(counter((seen, method, call) -> {
            Long last = seen.value;
            return method.equals("get") && last != null ? last : seen.noting(method, call);
        }));
        all.backend("CTR-1", "a change is put without a condition").commits((world, below, commit) -> {
            List<Condition> kept = commit.conditions().stream()
                    .filter(condition -> !condition.name().equals("v") || !(condition instanceof Condition.ModRevision))
                    .toList();
            return below.commit(changes(commit) ? Commits.conditioned(commit, kept) : commit);
        });
        all.recipe("CTR-1", "getAndAdd returns the new value")
                .in(counter((seen, method, call) ->
                        method.equals("getAndAdd") ? seen.counter.addAndGet(call.given(0, Long.class)) : call.go()));
        all.recipe("CTR-1", "getAndSet reads and sets in two steps").in(counter((seen, method, call) -> {
            if (!method.equals("getAndSet")) {
                return call.go();
            }
            long before = seen.counter.get();
            seen.counter.set(call.given(0, Long.class));
            return before;
        }));
        all.backend("CTR-2", "a change of unknown outcome counts as not applied")
                .in(afterUnknown((below, commit, lost) -> failedFuture(Failures.notApplied("try again", lost))));
        all.backend("CTR-2", "an unknown outcome is settled by a comparison of values")
                .in(afterUnknown(CounterMutants::comparingValues));
    }

    private static void batches(Mutants all) {
        all.recipe("CTR-3", "changes in one commit all return the sum")
                .in(counter((seen, method, call) ->
                        method.equals("addAsync") ? seen.combining.add(call, Combining.Report.THE_SUM) : call.go()));
        all.recipe("CTR-3", "an overflow fails all changes in the same commit")
                .in(counter((seen, method, call) -> method.equals("addAsync")
                        ? seen.combining.add(call, Combining.Report.ONE_FAILURE)
                        : call.go()));
        all.recipe("CTR-3", "changes in one commit are applied in reverse order")
                .in(counter((seen, method, call) ->
                        method.equals("addAsync") ? seen.combining.add(call, Combining.Report.BACKWARDS) : call.go()));
        all.recipe("CTR-4", "adding 0 is answered with the value that was seen last")
                .in(counter((seen, method, call) -> {
                    Long last = seen.value;
                    return method.equals("addAndGet") && last != null && call.given(0, Long.class) == 0
                            ? last
                            : seen.noting(method, call);
                }));
        all.recipe("CTR-4", "a comparison with a value other than the last one seen fails at once")
                .in(counter((seen, method, call) -> {
                    Long last = seen.value;
                    return method.equals("compareAndSet") && last != null && !last.equals(call.given(0, Long.class))
                            ? false
                            : seen.noting(method, call);
                }));
        all.recipe("CTR-4", "an overflow is checked against the last value seen")
                .in(counter((seen, method, call) -> {
                    Long last = seen.value;
                    if (method.equals("addAndGet") && last != null) {
                        Math.addExact(last, call.given(0, Long.class));
                    }
                    return seen.noting(method, call);
                }));
    }

    private static void conflicts(Mutants all) {
        all.backend("CTR-5", "a change is given up after five conflicts").with(CounterMutants::givingUp);
        all.recipe("CTR-5", "each change waits for the end of the change before")
                .in(counter((seen, method, call) -> method.equals("get") ? call.go() : seen.turns.take(call)));
        all.recipe("CTR-6", "a caller's function runs while the counter is locked")
                .in(counter((seen, method, call) -> seen.turns.take(call)));
        all.recipe("CTR-6", "a change by a function waits for other changes by functions")
                .in(counter((seen, method, call) -> method.equals("updateAndGet") ? seen.turns.take(call) : call.go()));
    }

    private static void listeners(Mutants all) {
        all.recipe("CTR-7", "callbacks are handed to a pool of threads")
                .in((world, backend, settings) ->
                        counters(backend, settings, (seen, counter) -> new Pooled(world, counter).counter()));
        all.backend("CTR-7", "a change soon after another change is not announced")
                .with((world, below) -> throttled(world, below, "counter/"));
        all.backend("CTR-8", "a change of unknown outcome is resent without its conditions")
                .afterFailures((below, commit, lost) ->
                        Failures.isUnknown(lost) && commit.directory().contains("counter")
                                ? below.commit(unconditional(commit))
                                : failedFuture(lost));
        all.backend("CTR-8", "a deletion of unknown outcome deletes what it finds then")
                .afterFailures((below, commit, lost) -> Failures.isUnknown(lost) && deletes(commit)
                        ? below.commit(unconditional(commit))
                        : failedFuture(lost));
        all.recipe("CTR-8", "a deletion of unknown outcome is reported as not applied")
                .in(counter((seen, method, call) -> {
                    try {
                        return call.go();
                    } catch (OutcomeUnknownException lost) {
                        if (method.equals("delete")) {
                            throw new NotAppliedException("delete was not answered");
                        }
                        throw lost;
                    }
                }));
        all.backend("CTR-9", "the record of a client is never taken away").commits((world, below, commit) -> {
            boolean cleans = commit.directory().contains("counter")
                    && !commit.writes().isEmpty()
                    && commit.writes().stream()
                            .allMatch(write -> write instanceof Write.Delete
                                    && write.name().startsWith("o-"));
            return cleans ? completedFuture(Commits.done()) : below.commit(commit);
        });
        all.recipe("CTR-9", "a deletion sets the value to 0, and leaves it").in(counter((seen, method, call) -> {
            if (method.equals("delete")) {
                seen.counter.set(0);
                return null;
            }
            return call.go();
        }));
        all.recipe("CTR-10", "a counter exists if its value is not 0")
                .in(counter((seen, method, call) ->
                        method.equals("exists") ? (Object) (seen.counter.get() != 0) : call.go()));
        all.recipe("CTR-10", "a start value replaces the value").in(counter((seen, method, call) -> {
            if (method.equals("setIfAbsent")) {
                seen.counter.set(call.given(0, Long.class));
                return true;
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

    private static boolean deletes(Commit commit) {
        return commit.directory().contains("counter/")
                && commit.writes().stream()
                        .anyMatch(write ->
                                write instanceof Write.Delete && write.name().equals("v"));
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

    private interface Reaction {
        CompletionStage<CommitResult> of(Backend below, Commit commit, Throwable lost);
    }

    /** A bug in handling a change of unknown outcome. */
    private static Mutants.Layer afterUnknown(Reaction reaction) {
        return (world, below, executor) -> new Hooks(below)
                .commits(commit -> below.commit(commit)
                        .exceptionallyCompose(lost -> changes(commit) && Failures.isUnknown(lost)
                                ? reaction.of(below, commit, lost)
                                : failedFuture(lost)));
    }

    private interface Remembering {
        @Nullable
        Object of(Seen seen, String method, Call call) throws Throwable;
    }

    private interface Around {
        Counter of(Seen seen, Counter counter);
    }

    /** A bug in what a client remembers of one counter. */
    private static Mutants.Client counter(Remembering broken) {
        return (world, store, settings) -> counters(
                store,
                settings,
                (seen, counter) -> changed(Counter.class, counter, (method, call) -> broken.of(seen, method, call)));
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
    private static Backend givingUp(Backend below) {
        AtomicInteger conflicts = new AtomicInteger();
        return new Hooks(below)
                .commits(commit -> below.commit(commit).thenCompose(result -> {
                    if (!changes(commit)) {
                        return completedFuture(result);
                    }
                    if (!(result instanceof CommitResult.Conflict)) {
                        conflicts.set(0);
                        return completedFuture(result);
                    }
                    return conflicts.incrementAndGet() < 5
                            ? completedFuture(result)
                            : failedFuture(new BackendException(
                                    Outcome.NOT_APPLIED, true, "others were faster five times", null));
                }));
    }

    /** One of two threads is slower. */
    private static final class Pooled {
        private final World world;
        private final Counter right;
        private final AtomicInteger reported = new AtomicInteger();

        Pooled(World world, Counter right) {
            this.world = world;
            this.right = right;
        }

        Counter counter() {
            return changed(
                    Counter.class,
                    right,
                    (method, call) -> method.equals("onChange")
                            ? right.onChange(value -> report(call.given(0, LongConsumer.class), value))
                            : call.go());
        }

        private void report(LongConsumer callback, long value) {
            world.later(
                    Duration.ofMillis(40
                            - reported.incrementAndGet() % 4 * 13), // so that three of four overtake the previous one
                    Runnable::run,
                    () -> callback.accept(value));
        }
    }

    /** Is notified of a change within ten milliseconds. */
    static Backend throttled(World world, Backend below, String directory) {
        return new Hooks(below).listeners((target, listener) -> {
            if (!target.directory().contains(directory)) {
                return listener;
            }
            AtomicLong next = new AtomicLong(world.time().nanoTime());
            return Hooks.listener(
                    (name, revision) -> {
                        long now = world.time().nanoTime();
                        if (now - next.get() >= 0) {
                            next.set(now + Duration.ofMillis(10).toNanos());
                            listener.changed(name, revision);
                        }
                    },
                    listener::reset);
        });
    }
}
