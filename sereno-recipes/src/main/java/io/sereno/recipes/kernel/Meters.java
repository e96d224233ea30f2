package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Calls users' meters, in the calling thread. If a meter throws, the first failure in a series is logged, and neither the kernel nor the next
 * meter is affected.
 */
final class Meters implements SerenoMeter {
    private record Guarded(SerenoMeter meter, Series failures) {}

    private final List<Guarded> meters;

    Meters(List<SerenoMeter> meters) {
        this.meters =
                meters.stream().map(meter -> new Guarded(meter, new Series())).toList();
    }

    @Override
    public void connected(String backend, LongSupplier sessionRemainingNanos) {
        report("connected", meter -> meter.connected(backend, sessionRemainingNanos));
    }

    @Override
    public void request(Operation operation, Outcome outcome, long nanos) {
        report("request", meter -> meter.request(operation, outcome, nanos));
    }

    @Override
    public void waiting(String recipe, String name) {
        report("waiting", meter -> meter.waiting(recipe, name));
    }

    @Override
    public void granted(String recipe, String name, long waitNanos) {
        report("granted", meter -> meter.granted(recipe, name, waitNanos));
    }

    @Override
    public void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {
        report("gaveUp", meter -> meter.gaveUp(recipe, name, why, waitNanos));
    }

    @Override
    public void released(String recipe, String name, long holdNanos) {
        report("released", meter -> meter.released(recipe, name, holdNanos));
    }

    @Override
    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
        report("lost", meter -> meter.lost(recipe, name, cause, holdNanos));
    }

    @Override
    public void sessionLost() {
        report("sessionLost", SerenoMeter::sessionLost);
    }

    @Override
    public void topicLag(String topic, long change) {
        report("topicLag", meter -> meter.topicLag(topic, change));
    }

    @Override
    public void topicGap(String topic, long messages) {
        report("topicGap", meter -> meter.topicGap(topic, messages));
    }

    private void report(String what, Consumer<SerenoMeter> event) {
        for (Guarded guarded : meters) {
            try {
                event.accept(guarded.meter());
                guarded.failures().end(what);
            } catch (RuntimeException | Error thrown) {
                Lines.CALLBACK.unexpected(
                        "the meter failed in " + what,
                        thrown,
                        guarded.failures().begins(what, thrown));
            }
        }
    }
}
