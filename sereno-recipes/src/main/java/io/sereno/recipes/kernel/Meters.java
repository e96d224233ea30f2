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
        tell("connected", meter -> meter.connected(backend, sessionRemainingNanos));
    }

    @Override
    public void request(Operation operation, Outcome outcome, long nanos) {
        tell("request", meter -> meter.request(operation, outcome, nanos));
    }

    @Override
    public void waiting(String recipe, String name) {
        tell("waiting", meter -> meter.waiting(recipe, name));
    }

    @Override
    public void granted(String recipe, String name, long waitNanos) {
        tell("granted", meter -> meter.granted(recipe, name, waitNanos));
    }

    @Override
    public void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {
        tell("gaveUp", meter -> meter.gaveUp(recipe, name, why, waitNanos));
    }

    @Override
    public void released(String recipe, String name, long holdNanos) {
        tell("released", meter -> meter.released(recipe, name, holdNanos));
    }

    @Override
    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
        tell("lost", meter -> meter.lost(recipe, name, cause, holdNanos));
    }

    @Override
    public void sessionLost() {
        tell("sessionLost", SerenoMeter::sessionLost);
    }

    @Override
    public void topicLag(String topic, long change) {
        tell("topicLag", meter -> meter.topicLag(topic, change));
    }

    @Override
    public void topicGap(String topic, long messages) {
        tell("topicGap", meter -> meter.topicGap(topic, messages));
    }

    private void tell(String what, Consumer<SerenoMeter> event) {
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
