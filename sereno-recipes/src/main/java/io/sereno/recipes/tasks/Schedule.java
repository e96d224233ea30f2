package io.sereno.recipes.tasks;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * When a task is due.
 *
 * @param following the first due time that is later than a given time, empty if there is none
 * @param fromEnd whether it counts from the end of the run before, instead of from its due time
 */
record Schedule(Function<Instant, Optional<Instant>> following, boolean fromEnd) {
    /** {@code at}: when to begin, by the own wall clock. */
    record Plan(Instant due, int attempt, Instant at) {}

    /** The multiples of the period. */
    static Schedule every(Duration period) {
        long millis = period.toMillis();
        return new Schedule(
                after -> {
                    long multiple = Math.floorDiv(after.toEpochMilli(), millis);
                    return Optional.of(Instant.ofEpochMilli(Math.multiplyExact(Math.addExact(multiple, 1), millis)));
                },
                false);
    }

    static Schedule delay(Duration delay) {
        return new Schedule(after -> Optional.of(after.plus(delay)), true);
    }

    /**
     * What to begin after the last run. {@code begun}: when this node began to take part.
     *
     * @throws RuntimeException if the function fails
     */
    Optional<Plan> plan(@Nullable LastRun last, boolean runAgain, Instant begun, Instant now) {
        if (last == null) {
            Instant from = begun.isBefore(now) ? begun : now;
            Optional<Instant> first = fromEnd ? Optional.of(from) : after(from);
            return first.map(due -> new Plan(latest(due, now), 1, due.isAfter(now) ? due : now));
        }
        if (last.ended().isEmpty() && runAgain) {
            int attempt = (int) Math.min(Integer.MAX_VALUE, last.attempt() + 1L);
            return Optional.of(new Plan(last.due(), attempt, now));
        }
        Instant base = last.due();
        Instant stopped = last.ended().orElse(last.begun());
        if (fromEnd && stopped.isAfter(base)) {
            base = stopped;
        }
        Optional<Instant> next = after(base);
        if (next.isEmpty()) {
            return Optional.empty();
        }
        Instant due = next.get();
        if (!due.isAfter(now)) {
            return Optional.of(new Plan(latest(due, now), 1, now));
        }
        return Optional.of(new Plan(due, 1, isTooFarAhead(base, due, now) ? byOwnClock(last, due, base, now) : due));
    }

    /** The clock of the last runner was ahead by more than a period, or the own one is behind. */
    private static boolean isTooFarAhead(Instant base, Instant due, Instant now) {
        return Duration.between(now, base).compareTo(Duration.between(base, due)) > 0;
    }

    /** The next time of the schedule that no run has begun after, unless that run, too, was begun by a clock that was ahead. */
    private Instant byOwnClock(LastRun last, Instant due, Instant base, Instant now) {
        boolean credible = !last.begun().isAfter(now.plus(Duration.between(base, due)));
        Instant from = credible && last.begun().isAfter(now) ? last.begun() : now;
        return after(from).orElse(due);
    }

    /** The latest due time that has passed; several that were missed become one. {@code first} itself if none has, or if they count from ends. */
    private Instant latest(Instant first, Instant now) {
        if (fromEnd || first.isAfter(now)) {
            return first;
        }
        Optional<Instant> second = after(first);
        if (second.isEmpty() || second.get().isAfter(now)) {
            return first;
        }
        // From the end, in steps that double: a year of a task that is due each second is no reason to count seconds.
        Duration back = Duration.between(first, second.get());
        Instant from = now.minus(back);
        while (from.isAfter(first) && !hasPassed(after(from), now)) {
            back = back.multipliedBy(2);
            from = back.compareTo(Duration.between(first, now)) < 0 ? now.minus(back) : first;
        }
        Instant found = from.isAfter(first) ? from : first;
        for (Optional<Instant> later = after(found); hasPassed(later, now); later = after(found)) {
            found = later.get();
        }
        return found;
    }

    private static boolean hasPassed(Optional<Instant> due, Instant now) {
        return due.isPresent() && !due.get().isAfter(now);
    }

    private Optional<Instant> after(Instant from) {
        Optional<Instant> next;
        try {
            next = following.apply(from);
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalStateException("no due time after " + from + " can be represented", e);
        }
        // Written in any language: a function may return null.
        if (next == null || (next.isPresent() && !next.get().isAfter(from))) {
            throw new IllegalStateException("the schedule returned " + next + " after " + from
                    + "; a later time, or an empty Optional, is accepted");
        }
        return next;
    }
}
