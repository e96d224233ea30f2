package io.sereno.recipes;

import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Records its events, in words and then in numbers, and keeps the sums that the Javadoc of {@link SerenoMeter} promises. */
final class RecordingMeter implements SerenoMeter {
    /** All but requests. */
    final List<String> events = new CopyOnWriteArrayList<>();

    final List<String> requests = new CopyOnWriteArrayList<>();
    final AtomicLong waiting = new AtomicLong();
    final AtomicLong held = new AtomicLong();
    final AtomicLong leading = new AtomicLong();
    final AtomicLong lag = new AtomicLong();
    volatile LongSupplier sessionRemaining = () -> -1;

    @Override
    public void connected(String backend, LongSupplier sessionRemainingNanos) {
        sessionRemaining = sessionRemainingNanos;
        events.add("connected to " + backend);
    }

    @Override
    public void request(Operation operation, Outcome outcome, long nanos) {
        requests.add(operation + " " + outcome + after(nanos));
    }

    @Override
    public void waiting(String recipe, String name) {
        events.add("waiting for " + recipe + " " + name);
        waiting.incrementAndGet();
    }

    @Override
    public void granted(String recipe, String name, long waitNanos) {
        events.add("granted " + recipe + " " + name + after(waitNanos));
        waiting.decrementAndGet();
        held(recipe, 1);
    }

    @Override
    public void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {
        events.add("gave up " + recipe + " " + name + after(waitNanos) + ": " + why);
        waiting.decrementAndGet();
    }

    @Override
    public void released(String recipe, String name, long holdNanos) {
        events.add("released " + recipe + " " + name + after(holdNanos));
        held(recipe, -1);
    }

    @Override
    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
        events.add("lost " + recipe + " " + name + after(holdNanos) + ": " + cause);
        held(recipe, -1);
    }

    @Override
    public void sessionLost() {
        events.add("session lost");
    }

    @Override
    public void topicLag(String topic, long change) {
        events.add("lag of " + topic + " " + change);
        lag.addAndGet(change);
    }

    @Override
    public void topicGap(String topic, long messages) {
        events.add("gap in " + topic + " of " + messages);
    }

    private void held(String recipe, int change) {
        held.addAndGet(change);
        if (recipe.equals("election")) {
            leading.addAndGet(change);
        }
    }

    private static String after(long nanos) {
        return " after " + Duration.ofNanos(nanos).toMillis() + " ms";
    }
}
