package io.sereno.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.sereno.SerenoMeter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The series of the clients of one kind of store. */
final class Series {
    /** The keys of tags that the meters use. */
    static final List<String> KEYS = List.of("backend", "operation", "outcome", "recipe", "name", "cause");

    private static final SerenoMeter.Outcome[] OUTCOMES = SerenoMeter.Outcome.values();

    final Tags tags;
    final Counter sessionLosses;

    private final MeterRegistry registry;
    private final UnaryOperator<String> naming;
    private final int maxNames;
    private final Timer[] requests = new Timer[SerenoMeter.Operation.values().length * OUTCOMES.length];
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
        for (SerenoMeter.Operation operation : SerenoMeter.Operation.values()) {
            for (SerenoMeter.Outcome outcome : OUTCOMES) {
                requests[index(operation, outcome)] = Timer.builder("sereno.requests")
                        .description("Requests to the store, from the call to the answer")
                        .tags(tags)
                        .tag("operation", Labels.of(operation))
                        .tag("outcome", Labels.of(outcome))
                        .register(registry);
            }
        }
        topics = new SeriesByName<>(
                "topic", naming, maxNames, name -> new TopicSeries(registry, tags.and("name", name)));
    }

    private static int index(SerenoMeter.Operation operation, SerenoMeter.Outcome outcome) {
        return operation.ordinal() * OUTCOMES.length + outcome.ordinal();
    }

    Timer request(SerenoMeter.Operation operation, SerenoMeter.Outcome outcome) {
        return requests[index(operation, outcome)];
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
