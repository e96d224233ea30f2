package io.sereno.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.sereno.SerenoMeter.Operation;
import io.sereno.SerenoMeter.Outcome;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The series of the clients of one kind of store. */
final class Series {
    /** The keys of tags that the meters use. */
    static final List<String> KEYS = List.of("backend", "operation", "outcome", "recipe", "name", "cause");

    final Tags tags;
    final Counter sessionLosses;

    private final MeterRegistry registry;
    private final UnaryOperator<String> naming;
    private final int maxNames;
    private final Map<Operation, Map<Outcome, Timer>> requests = new EnumMap<>(Operation.class);
    private final Map<String, SeriesByName<RightSeries>> rights = new ConcurrentHashMap<>(); // by recipe
    private final SeriesByName<TopicSeries> topics;

    /** The series of the last event: a thread that acquires and releases a lock causes several for one name. */
    private volatile @Nullable Found found;

    private record Found(String recipe, String name, RightSeries series) {}

    Series(MeterRegistry registry, Tags tags, UnaryOperator<String> naming, int maxNames) {
        this.registry = registry;
        this.tags = tags;
        this.naming = naming;
        this.maxNames = maxNames;
        sessionLosses = Counter.builder("sereno.session.losses")
                .description("Sessions that were lost")
                .tags(tags)
                .register(registry);
        for (Operation operation : Operation.values()) {
            Map<Outcome, Timer> timers = new EnumMap<>(Outcome.class);
            for (Outcome outcome : Outcome.values()) {
                timers.put(
                        outcome,
                        Timer.builder("sereno.requests")
                                .description("Requests to the store, from the call to the answer")
                                .tags(tags)
                                .tag("operation", Labels.of(operation))
                                .tag("outcome", Labels.of(outcome))
                                .register(registry));
            }
            requests.put(operation, timers);
        }
        topics = new SeriesByName<>(
                "topic", naming, maxNames, name -> new TopicSeries(registry, tags.and("name", name)));
    }

    Timer request(Operation operation, Outcome outcome) {
        return Objects.requireNonNull(
                Objects.requireNonNull(requests.get(operation)).get(outcome));
    }

    RightSeries right(String recipe, String name) {
        Found last = found;
        if (last != null && last.name.equals(name) && last.recipe.equals(recipe)) {
            return last.series;
        }
        RightSeries series = find(recipe, name);
        found = new Found(recipe, name, series);
        return series;
    }

    private RightSeries find(String recipe, String name) {
        SeriesByName<RightSeries> names = rights.get(recipe);
        if (names == null) {
            names = rights.computeIfAbsent(
                    recipe,
                    added -> new SeriesByName<>(
                            added, naming, maxNames, value -> new RightSeries(registry, tags, added, value)));
        }
        return names.of(name);
    }

    TopicSeries topic(String name) {
        return topics.of(name);
    }
}
