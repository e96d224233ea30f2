package io.sereno.spring.boot;

import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Which rights the client holds and awaits at the moment. Keeps a name only as long as there is something to count. */
final class Activity implements SerenoMeter {
    private record Right(String recipe, String name) {}

    /**
     * Rights of one name.
     *
     * @param recipe {@code mutex}, {@code election}, {@code read-write mutex} or {@code lock set}
     * @param name of the right
     * @param count how many of them
     */
    record Counted(String recipe, String name, long count) {}

    private final ConcurrentMap<Right, Long> held = new ConcurrentHashMap<>();
    private final ConcurrentMap<Right, Long> awaited = new ConcurrentHashMap<>();
    private volatile @Nullable LongSupplier remaining;

    @Override
    public void connected(String backend, LongSupplier sessionRemainingNanos) {
        remaining = sessionRemainingNanos;
    }

    /** Null if this meter is not that of a client. */
    @Nullable
    Duration sessionRemaining() {
        LongSupplier nanos = remaining;
        return nanos == null ? null : Duration.ofNanos(nanos.getAsLong());
    }

    List<Counted> held() {
        return list(held);
    }

    List<Counted> awaited() {
        return list(awaited);
    }

    private static List<Counted> list(ConcurrentMap<Right, Long> counts) {
        return counts.entrySet().stream()
                .map(count ->
                        new Counted(count.getKey().recipe(), count.getKey().name(), count.getValue()))
                .sorted((a, b) -> a.recipe().equals(b.recipe())
                        ? a.name().compareTo(b.name())
                        : a.recipe().compareTo(b.recipe()))
                .toList();
    }

    private static void add(ConcurrentMap<Right, Long> counts, String recipe, String name, long change) {
        counts.compute(new Right(recipe, name), (right, before) -> {
            long after = (before == null ? 0 : before) + change;
            return after == 0 ? null : after;
        });
    }

    @Override
    public void waiting(String recipe, String name) {
        add(awaited, recipe, name, 1);
    }

    @Override
    public void granted(String recipe, String name, long waitNanos) {
        add(awaited, recipe, name, -1);
        add(held, recipe, name, 1);
    }

    @Override
    public void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {
        add(awaited, recipe, name, -1);
    }

    @Override
    public void released(String recipe, String name, long holdNanos) {
        add(held, recipe, name, -1);
    }

    @Override
    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
        add(held, recipe, name, -1);
    }
}
