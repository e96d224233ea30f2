package io.sereno.micrometer;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/** The observations of one lock. */
final class Observations {
    private final ObservationRegistry registry;
    private final String recipe;
    private final String name;

    Observations(ObservationRegistry registry, String recipe, String name) {
        this.registry = registry;
        this.recipe = recipe;
        this.name = name;
    }

    Observation acquire(@Nullable Observation parent) {
        return start("acquire", parent);
    }

    /** @param parent that of the acquisition, whose thread may be another one by now */
    Observation hold(@Nullable Observation parent) {
        return start("hold", parent);
    }

    @Nullable
    Observation current() {
        return registry.getCurrentObservation();
    }

    private Observation start(String what, @Nullable Observation parent) {
        Observation observation = Observation.createNotStarted("sereno." + what, registry)
                .contextualName(what + " " + recipe + " " + name)
                .lowCardinalityKeyValue("recipe", recipe)
                .lowCardinalityKeyValue("outcome", KeyValue.NONE_VALUE)
                .highCardinalityKeyValue("name", name);
        if (parent != null) {
            observation.parentObservation(parent);
        }
        return observation.start();
    }

    static void stop(Observation observation, String outcome) {
        observation.lowCardinalityKeyValue("outcome", outcome).stop();
    }

    static void fail(Observation observation, Throwable cause) {
        observation.error(cause);
        stop(observation, "failed");
    }
}
