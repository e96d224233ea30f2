package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.CachedValue;
import io.sereno.Sereno;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import io.sereno.suite.mutants.RecipeMutants.Call;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Shared values that are set twice, confuse their versions, or whose caches, listeners and waits miss something. */
@SuppressWarnings({"unchecked", "rawtypes"}) // A mutant does not depend on the type of the value.
final class ValueMutants {
    private ValueMutants() {}

    static void addTo(Mutants all) {
        changes(all);
        caches(all);
        listeners(all);
        waits(all);
    }

    private static void changes(Mutants all) {
        all.backend("SHV-1", "a change of a value is put without a condition").commits((world, below, commit) -> {
            List<Condition> kept = commit.conditions().stream()
                    .filter(condition -> !condition.name().equals("v") || !(condition instanceof Condition.ModRevision))
                    .toList();
            return below.commit(changes(commit) ? Commits.conditioned(commit, kept) : commit);
        });
        all.backend("SHV-1", "changes of a value are not counted")
                .requests(commit -> isTo(commit)
                        ? Commits.valued(
                                commit, "v", value -> value.replaceFirst("\nchange [1-9][0-9]*\n", "\nchange 1\n"))
                        : commit);
        all.recipe("SHV-1", "a compare-and-set compares values")
                .objects(
                        SharedValue.class,
                        value -> changed(
                                SharedValue.class,
                                value,
                                (method, call) ->
                                        method.equals("compareAndSet") ? comparingValues(value, call) : call.go()));
        all.backend("SHV-1", "a change of a value of unknown outcome is resent without its conditions")
                .afterFailures((below, commit, lost) -> Failures.isUnknown(lost) && changes(commit)
                        ? below.commit(unconditional(commit))
                        : failedFuture(lost));
        all.backend("SHV-1", "a change of a value of unknown outcome counts as not applied")
                .failures((commit, lost) ->
                        Failures.isUnknown(lost) && changes(commit) ? Failures.notApplied("try again", lost) : lost);
    }

    private static Object comparingValues(SharedValue<Object> value, Call call) {
        Versioned<?> expected = call.given(0, Versioned.class);
        return value.get()
                .filter(present -> present.value().equals(expected.value()))
                .map(present -> value.compareAndSet(present, call.given(1, Object.class)))
                .orElse(false);
    }

    private static void caches(Mutants all) {
        all.recipe("SHV-2", "a cache keeps the first state")
                .objects(
                        SharedValue.class,
                        value -> caching(value, cached -> {
                            Optional<?> first = cached.get();
                            return changed(
                                    CachedValue.class,
                                    cached,
                                    (method, call) -> method.equals("get") ? first : call.go());
                        }));
        all.recipe("SHV-2", "a cache is always current")
                .objects(
                        SharedValue.class,
                        value -> caching(
                                value,
                                cached -> changed(
                                        CachedValue.class,
                                        cached,
                                        (method, call) -> method.equals("isCurrent") ? true : call.go())));
        all.recipe("SHV-2", "a cache shows changes of its own client when they are announced")
                .objects(SharedValue.class, value -> caching(value, cached -> announced(value, cached)));
        all.recipe("SHV-2", "a cache now and then shows the state before")
                .objects(SharedValue.class, value -> caching(value, ValueMutants::forgetful));
    }

    /** Follows by a listener, which is called a moment after the change. */
    private static CachedValue<?> announced(SharedValue<?> value, CachedValue<?> cached) {
        AtomicReference<Optional<?>> last = new AtomicReference<>(cached.get());
        Subscription following = value.onChange(last::set);
        return changed(CachedValue.class, cached, (method, call) -> {
            if (method.equals("close")) {
                following.close();
            }
            return method.equals("get") ? last.get() : call.go();
        });
    }

    private static CachedValue<?> forgetful(CachedValue<?> cached) {
        AtomicReference<Optional<?>> before = new AtomicReference<>(cached.get());
        AtomicInteger reads = new AtomicInteger();
        return changed(CachedValue.class, cached, (method, call) -> {
            if (!method.equals("get")) {
                return call.go();
            }
            Optional<?> now = (Optional<?>) call.go();
            return reads.incrementAndGet() % 3 == 0 ? before.getAndSet(now) : now;
        });
    }

    private static void listeners(Mutants all) {
        all.recipe("SHV-3", "callbacks with states of a value are handed to a pool of threads")
                .in((world, backend, settings) -> {
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(backend)).connect();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        Object made = call.go();
                        return made instanceof SharedValue<?> value ? pooled(world, value) : made;
                    });
                });
        all.backend("SHV-3", "a change of a value soon after another one is not announced")
                .with((world, below) -> CounterMutants.throttled(world, below, "value/"));
        all.recipe("SHV-3", "a listener is not told that there is no value")
                .objects(SharedValue.class, value -> withoutEnds(value));
    }

    private static SharedValue<?> withoutEnds(SharedValue<Object> value) {
        return changed(
                SharedValue.class,
                value,
                (method, call) -> method.equals("onChange")
                        ? value.onChange(state -> {
                            if (state.isPresent()) {
                                call.given(0, Consumer.class).accept(state);
                            }
                        })
                        : call.go());
    }

    /** One of two threads is slower. */
    private static SharedValue<?> pooled(World world, SharedValue<?> value) {
        AtomicInteger reported = new AtomicInteger();
        return changed(
                SharedValue.class,
                value,
                (method, call) -> method.equals("onChange")
                        ? value.onChange(state -> world.later(
                                Duration.ofMillis(40 - reported.incrementAndGet() % 4 * 13),
                                Runnable::run,
                                () -> call.given(0, Consumer.class).accept(state)))
                        : call.go());
    }

    private static void waits(Mutants all) {
        all.recipe("SHV-4", "a wait judges the first state only").objects(SharedValue.class, value -> looksOnce(value));
        all.recipe("SHV-4", "a wait is answered by a value that was there before")
                .objects(SharedValue.class, Former::new, (former, value) -> remembering(former, value));
    }

    private static SharedValue<?> looksOnce(SharedValue<Object> value) {
        return waiting(
                value,
                (condition, timeout) -> value.get()
                        .filter(state -> condition.test(state.value()))
                        .isPresent());
    }

    private static SharedValue<?> remembering(Former former, SharedValue<Object> value) {
        return waiting(value, (condition, timeout) -> {
            Optional<Versioned<Object>> before = former.state.getAndSet(value.get());
            return before.filter(state -> condition.test(state.value())).isPresent() || value.await(condition, timeout);
        });
    }

    /** What a client saw at its last wait. */
    private static final class Former {
        private final AtomicReference<Optional<Versioned<Object>>> state = new AtomicReference<>(Optional.empty());
    }

    private interface Waiting {
        boolean until(Predicate<Object> condition, Duration timeout) throws InterruptedException;
    }

    private static SharedValue<?> waiting(SharedValue<?> value, Waiting broken) {
        return changed(
                SharedValue.class,
                value,
                (method, call) -> method.equals("await")
                        ? (Object) broken.until(call.given(0, Predicate.class), call.given(1, Duration.class))
                        : call.go());
    }

    private interface Caching {
        CachedValue<?> of(CachedValue<?> right);
    }

    private static SharedValue<?> caching(SharedValue<?> value, Caching broken) {
        return changed(
                SharedValue.class,
                value,
                (method, call) -> method.equals("cached")
                        ? broken.of((CachedValue<?>) Objects.requireNonNull(call.go()))
                        : call.go());
    }

    private static boolean isTo(Commit commit) {
        return commit.directory().contains("value/");
    }

    private static boolean changes(Commit commit) {
        return isTo(commit)
                && commit.writes().stream()
                        .anyMatch(write ->
                                write instanceof Write.Put && write.name().equals("v"));
    }
}
