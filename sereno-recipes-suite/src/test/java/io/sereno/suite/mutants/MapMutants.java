package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;

import io.sereno.CachedMap;
import io.sereno.Sereno;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** Shared maps whose keys are not independent, whose caches, listeners and waits miss something, or whose deletions delete too much or too little. */
@SuppressWarnings({"unchecked", "rawtypes"}) // A mutant does not depend on the type of the values.
final class MapMutants {
    private MapMutants() {}

    static void addTo(Mutants all) {
        keys(all);
        caches(all);
        followers(all);
        deletions(all);
    }

    private static void keys(Mutants all) {
        all.backend("SHM-1", "a change of a value of a map is put without a condition")
                .commits((world, below, commit) -> {
                    List<Condition> kept = commit.conditions().stream()
                            .filter(condition ->
                                    !condition.name().startsWith("k-") || !(condition instanceof Condition.ModRevision))
                            .toList();
                    return below.commit(puts(commit) ? Commits.conditioned(commit, kept) : commit);
                });
        all.recipe("SHM-1", "the keys of a map do not depend on the case")
                .objects(SharedMap.class, map -> at(map, key -> map.at(key.toLowerCase(Locale.ROOT))));
        all.recipe("SHM-1", "the deletion of a value of a map deletes all")
                .objects(
                        SharedMap.class,
                        map -> at(
                                map,
                                key -> changed(SharedValue.class, map.at(key), (method, call) -> {
                                    if (method.equals("delete")) {
                                        map.delete();
                                    }
                                    return call.go();
                                })));
    }

    private static SharedMap<?> at(SharedMap<Object> map, Function<String, Object> broken) {
        return changed(
                SharedMap.class,
                map,
                (method, call) -> method.equals("at") ? broken.apply(call.given(0, String.class)) : call.go());
    }

    private static void caches(Mutants all) {
        all.recipe("SHM-2", "a cache of a map keeps the first state")
                .objects(SharedMap.class, map -> caching(map, cached -> showing(cached, Map.copyOf(cached.getAll()))));
        all.recipe("SHM-2", "a cache of a map is always current")
                .objects(
                        SharedMap.class,
                        map -> caching(
                                map,
                                cached -> changed(
                                        CachedMap.class,
                                        cached,
                                        (method, call) -> method.equals("isCurrent") ? true : call.go())));
        all.recipe("SHM-2", "a cache of a map shows changes of its own client when they are announced")
                .objects(SharedMap.class, map -> caching(map, cached -> announced(map, cached)));
        all.recipe("SHM-2", "a cache of a map now and then shows the state before")
                .objects(SharedMap.class, map -> caching(map, MapMutants::forgetful));
        all.recipe("SHM-2", "a cache of a map keeps what was deleted")
                .objects(SharedMap.class, map -> caching(map, MapMutants::keeping));
    }

    private static CachedMap<?> showing(CachedMap<Object> cached, Map<String, Versioned<Object>> shown) {
        return changed(CachedMap.class, cached, (method, call) -> switch (method) {
            case "getAll" -> shown;
            case "get" -> Optional.ofNullable(shown.get(call.given(0, String.class)));
            default -> call.go();
        });
    }

    /** Follows by a listener, which is called a moment after the change. */
    private static CachedMap<?> announced(SharedMap<Object> map, CachedMap<Object> cached) {
        AtomicReference<Map<String, Versioned<Object>>> last = new AtomicReference<>(cached.getAll());
        Subscription following = map.onChange(last::set);
        return changed(CachedMap.class, cached, (method, call) -> switch (method) {
            case "getAll" -> last.get();
            case "get" -> Optional.ofNullable(Objects.requireNonNull(last.get()).get(call.given(0, String.class)));
            case "close" -> {
                following.close();
                yield call.go();
            }
            default -> call.go();
        });
    }

    private static CachedMap<?> forgetful(CachedMap<Object> cached) {
        AtomicReference<Map<String, Versioned<Object>>> before = new AtomicReference<>(cached.getAll());
        AtomicInteger reads = new AtomicInteger();
        return changed(CachedMap.class, cached, (method, call) -> {
            if (!method.startsWith("get")) {
                return call.go();
            }
            Map<String, Versioned<Object>> now = cached.getAll();
            Map<String, Versioned<Object>> shown = reads.incrementAndGet() % 3 == 0 ? before.getAndSet(now) : now;
            return method.equals("getAll") ? shown : Optional.ofNullable(shown.get(call.given(0, String.class)));
        });
    }

    private static CachedMap<?> keeping(CachedMap<Object> cached) {
        Map<String, Versioned<Object>> kept = new ConcurrentHashMap<>();
        return changed(CachedMap.class, cached, (method, call) -> {
            kept.putAll(cached.getAll());
            return switch (method) {
                case "getAll" -> Map.copyOf(kept);
                case "get" -> Optional.ofNullable(kept.get(call.given(0, String.class)));
                default -> call.go();
            };
        });
    }

    private static SharedMap<?> caching(SharedMap<Object> map, Function<CachedMap<Object>, Object> broken) {
        return changed(
                SharedMap.class,
                map,
                (method, call) -> method.equals("cached")
                        ? broken.apply((CachedMap<Object>) Objects.requireNonNull(call.go()))
                        : call.go());
    }

    private static void followers(Mutants all) {
        all.backend("SHM-3", "a change of a map soon after another one is not announced")
                .with((world, below) -> CounterMutants.throttled(world, below, "map/"));
        all.recipe("SHM-3", "a listener of a map is not told of deletions")
                .objects(SharedMap.class, map -> withoutDeletions(map));
        all.recipe("SHM-3", "a wait for a map judges the first state only")
                .objects(
                        SharedMap.class,
                        map -> changed(
                                SharedMap.class,
                                map,
                                (method, call) -> method.equals("await")
                                        ? (Object)
                                                call.given(0, Predicate.class).test(((SharedMap<Object>) map).getAll())
                                        : call.go()));
        all.recipe("SHM-3", "callbacks with states of a map are handed to a pool of threads")
                .in((world, backend, settings) -> {
                    Sereno sereno =
                            settings.apply(Sereno.builder().backend(backend)).connect();
                    return changed(Sereno.class, sereno, (method, call) -> {
                        Object made = call.go();
                        return made instanceof SharedMap<?> map ? pooled(world, map) : made;
                    });
                });
    }

    /** One of two threads is slower. */
    private static SharedMap<?> pooled(World world, SharedMap<?> map) {
        AtomicInteger reported = new AtomicInteger();
        return changed(
                SharedMap.class,
                map,
                (method, call) -> method.equals("onChange")
                        ? map.onChange(state -> world.later(
                                Duration.ofMillis(40 - reported.incrementAndGet() % 4 * 13),
                                Runnable::run,
                                () -> call.given(0, Consumer.class).accept(state)))
                        : call.go());
    }

    private static SharedMap<?> withoutDeletions(SharedMap<Object> map) {
        AtomicInteger size = new AtomicInteger();
        return changed(
                SharedMap.class,
                map,
                (method, call) -> method.equals("onChange")
                        ? map.onChange(state -> {
                            if (state.size() >= size.getAndSet(state.size())) {
                                call.given(0, Consumer.class).accept(state);
                            }
                        })
                        : call.go());
    }

    private static void deletions(Mutants all) {
        all.backend("SHM-4", "values of a map are deleted without a condition")
                .commits((world, below, commit) -> below.commit(deletes(commit) ? unconditional(commit) : commit));
        all.recipe("SHM-4", "the deletion of a map deletes the first page")
                .objects(SharedMap.class, map -> deletingOnePage(map));
        all.backend("SHM-4", "the deletion of values of a map is repeated later")
                .commits((world, below, commit) -> {
                    if (deletes(commit)) {
                        world.later(Duration.ofMillis(300), Runnable::run, () -> {
                            var unused = below.commit(unconditional(commit));
                        });
                    }
                    return below.commit(commit);
                });
    }

    private static SharedMap<?> deletingOnePage(SharedMap<Object> map) {
        return changed(SharedMap.class, map, (method, call) -> {
            if (!method.equals("delete")) {
                return call.go();
            }
            map.getAll().keySet().stream().limit(50).forEach(key -> map.at(key).delete());
            return null;
        });
    }

    private static boolean puts(Commit commit) {
        return isTo(commit, Write.Put.class);
    }

    private static boolean deletes(Commit commit) {
        return isTo(commit, Write.Delete.class);
    }

    private static boolean isTo(Commit commit, Class<? extends Write> kind) {
        return commit.directory().contains("map/")
                && commit.writes().stream()
                        .anyMatch(
                                write -> kind.isInstance(write) && write.name().startsWith("k-"));
    }
}
