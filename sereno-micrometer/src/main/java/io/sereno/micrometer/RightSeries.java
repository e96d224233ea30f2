package io.sereno.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The series of one name of a recipe whose rights are acquired.
 *
 * <p>The counters of losses exist from the first wait on, so that a monitoring system sees them rise from zero. The
 * timers of waits that end without a grant, and of holds that end with a loss, appear when they are first needed.
 */
final class RightSeries {
    final LongAdder waiting = new LongAdder();
    final LongAdder held = new LongAdder();
    final Timer granted;
    final Timer released;

    private final MeterRegistry registry;
    private final Tags tags;
    private final Map<LossCause, Counter> losses = new EnumMap<>(LossCause.class);

    RightSeries(MeterRegistry registry, Tags common, String recipe, String name) {
        this.registry = registry;
        this.tags = common.and("recipe", recipe, "name", name);
        granted = timer("sereno.grant.wait", "Waits for a right", "granted");
        released = timer("sereno.grant.hold", "From the grant of a right to its release or loss", "released");
        gauge("sereno.grants.waiting", "Calls and candidates that wait for a right", waiting, tags);
        gauge("sereno.grants.held", "Rights that are held", held, tags);
        for (LossCause cause : LossCause.values()) {
            losses.put(
                    cause,
                    Counter.builder("sereno.grants.lost")
                            .description("Rights that were lost")
                            .tags(tags)
                            .tag("cause", Labels.of(cause))
                            .register(registry));
        }
        if (recipe.equals("election")) {
            gauge("sereno.leader", "1 while this client leads, otherwise 0", held, common.and("name", name));
        }
    }

    private Timer timer(String name, String description, String outcome) {
        return Timer.builder(name)
                .description(description)
                .tags(tags)
                .tag("outcome", outcome)
                .register(registry);
    }

    private void gauge(String name, String description, LongAdder value, Tags tagsOfGauge) {
        Gauge.builder(name, value::sum)
                .description(description)
                .tags(tagsOfGauge)
                .register(registry);
    }

    /** A registry returns the timer that it has already; waits without a grant are rare enough to ask for it. */
    Timer gaveUp(SerenoMeter.NotGranted why) {
        return timer("sereno.grant.wait", "Waits for a right", Labels.of(why));
    }

    void lost(LossCause cause, long holdNanos) {
        Counter counter = losses.get(cause);
        if (counter != null) {
            counter.increment();
        }
        timer("sereno.grant.hold", "From the grant of a right to its release or loss", "lost")
                .record(holdNanos, TimeUnit.NANOSECONDS);
    }
}
