package io.sereno.simulation;

import io.sereno.simulation.Event.Owner;
import io.sereno.simulation.Event.Passage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All events that can happen next, and the choice among them.
 *
 * <p>There are two sorts of events: those that can happen now, and the first timer of each owner. Choosing a timer that
 * is not due advances the time until it is due, so timers of others may become overdue; these happen when they are
 * chosen, like other events. Schedules also differ in parameters that the seed chooses: how unevenly events are
 * weighted, whether one owner is slow, how often time passes although something could happen at once, and how long an
 * event takes. So most schedules are ordinary, and some are strange throughout.
 */
final class Bag {
    private static final int[] LEAPS_PER_THOUSAND = {0, 5, 30, 120};
    private static final long[] MOST_NANOS_PER_EVENT = {0, 1_000_000, 10_000_000, 100_000_000};
    private static final int[] MOST_UNEVEN = {0, 3, 6};

    private final SplittableRandom random;
    private final ManualTime time;
    private final List<Owner> owners = new ArrayList<>();
    private final List<Event> ready = new ArrayList<>();
    private final int leaps;
    private final long mostNanos;
    private final int uneven;
    private int lastId;

    Bag(SplittableRandom random, ManualTime time) {
        this.random = random;
        this.time = time;
        this.leaps = LEAPS_PER_THOUSAND[random.nextInt(LEAPS_PER_THOUSAND.length)];
        this.mostNanos = MOST_NANOS_PER_EVENT[random.nextInt(MOST_NANOS_PER_EVENT.length)];
        this.uneven = MOST_UNEVEN[random.nextInt(MOST_UNEVEN.length)];
    }

    Owner owner(String name) {
        Owner owner = new Owner(name);
        owner.haste = random.nextInt(4) == 0 ? 0 : 4;
        owners.add(owner);
        return owner;
    }

    /** Adds an event that can happen now. */
    void soon(Owner owner, Supplier<String> what, Runnable action, @Nullable Passage passage) {
        ready.add(event(owner, what, action, passage, 0));
    }

    /** Adds an event that can happen after a time. */
    Event later(Owner owner, long nanos, Supplier<String> what, Runnable action, @Nullable Passage passage) {
        Event timer = event(owner, what, action, passage, time.elapsedNanos() + Math.max(0, nanos));
        owner.timers.add(timer);
        return timer;
    }

    private Event event(Owner owner, Supplier<String> what, Runnable action, @Nullable Passage passage, long due) {
        int weight = 1 << (owner.haste + random.nextInt(uneven + 1));
        return new Event(++lastId, owner, what, action, passage, weight, due);
    }

    void cancel(Event timer) {
        timer.owner.timers.remove(timer);
    }

    /** Removes all future events of an owner. */
    void clear(Owner owner) {
        ready.removeIf(event -> event.owner == owner);
        owner.timers.clear();
    }

    /** Removes and returns a random event that can happen now and matches; null if none does. */
    @Nullable
    Event take(Predicate<Event> fits) {
        int count = 0;
        int chosen = -1;
        for (int i = 0; i < ready.size(); i++) {
            if (fits.test(ready.get(i)) && random.nextInt(++count) == 0) {
                chosen = i;
            }
        }
        return chosen < 0 ? null : ready.remove(chosen);
    }

    boolean hasReady() {
        return !ready.isEmpty();
    }

    /** Removes and returns a random next event, and advances the time that it takes; null if nothing is left. */
    @Nullable
    Event next() {
        long now = time.elapsedNanos();
        long total = 0;
        for (int i = 0; i < ready.size(); i++) {
            Event event = ready.get(i);
            total += event.owner.paused ? 0 : event.weight;
        }
        int future = 0;
        for (int i = 0; i < owners.size(); i++) {
            Event timer = firstTimer(owners.get(i));
            if (timer != null && timer.due <= now) {
                total += timer.weight;
            } else if (timer != null) {
                future++;
            }
        }
        if (total == 0 || (future > 0 && random.nextInt(1_000) < leaps)) {
            return future == 0 ? null : leap(now, future);
        }
        Event event = choose(random.nextLong(total), now);
        if (mostNanos > 0) {
            time.advance(Duration.ofNanos(random.nextLong(mostNanos)));
        }
        return event;
    }

    private Event choose(long ticket, long now) {
        long left = ticket;
        for (int i = 0; i < ready.size(); i++) {
            Event event = ready.get(i);
            left -= event.owner.paused ? 0 : event.weight;
            if (left < 0) {
                return ready.remove(i);
            }
        }
        for (int i = 0; i < owners.size(); i++) {
            Event timer = firstTimer(owners.get(i));
            if (timer != null && timer.due <= now) {
                left -= timer.weight;
                if (left < 0) {
                    cancel(timer);
                    return timer;
                }
            }
        }
        throw new IllegalStateException("a ticket beyond the last event");
    }

    /** Mostly advances to the earliest timer of all, sometimes past it: then the owner of that timer is late. */
    private Event leap(long now, int future) {
        Event earliest = null;
        Event some = null;
        int ticket = random.nextInt(4 * future);
        for (int i = 0; i < owners.size(); i++) {
            Event timer = firstTimer(owners.get(i));
            if (timer != null && timer.due > now) {
                if (earliest == null || timer.due < earliest.due) {
                    earliest = timer;
                }
                if (ticket-- == 0) {
                    some = timer;
                }
            }
        }
        Event timer = some != null ? some : earliest;
        if (timer == null) {
            throw new IllegalStateException("no timer in the future");
        }
        cancel(timer);
        time.advance(Duration.ofNanos(timer.due - now));
        return timer;
    }

    /**
     * Removes and returns the next event in the ordinary order: first come, first served, and time passes only when
     * nothing else can happen.
     */
    @Nullable
    Event nextInOrder() {
        if (!ready.isEmpty()) {
            int first = 0;
            for (int i = 1; i < ready.size(); i++) {
                if (!ready.get(i).owner.paused
                        && (ready.get(first).owner.paused || ready.get(i).id < ready.get(first).id)) {
                    first = i;
                }
            }
            if (!ready.get(first).owner.paused) {
                return ready.remove(first);
            }
        }
        Event earliest = null;
        for (int i = 0; i < owners.size(); i++) {
            Event timer = firstTimer(owners.get(i));
            if (timer != null && (earliest == null || timer.due < earliest.due)) {
                earliest = timer;
            }
        }
        if (earliest != null) {
            cancel(earliest);
            time.advance(Duration.ofNanos(Math.max(0, earliest.due - time.elapsedNanos())));
        }
        return earliest;
    }

    private static @Nullable Event firstTimer(Owner owner) {
        return owner.paused || owner.timers.isEmpty() ? null : owner.timers.first();
    }
}
