package io.sereno.simulation;

import java.util.Comparator;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Something that can happen next in a schedule. */
final class Event {
    /** The owner of events: a client, the store, the network. While it is paused, none of its events happens. */
    static final class Owner {
        final String name;
        /** Events that need time to pass; only the first can be the next. */
        final TreeSet<Event> timers = new TreeSet<>(BY_DUE);

        boolean paused;
        /** How much likelier its events are chosen than others, as a power of two. */
        int haste;

        Owner(String name) {
            this.name = name;
        }
    }

    /** A message under way between a client and the store, for faults to find. */
    record Passage(SimulatedClient client, Exchange<?> exchange, boolean isReply) {}

    private static final Comparator<Event> BY_DUE =
            Comparator.<Event>comparingLong(event -> event.due).thenComparingInt(event -> event.id);

    /** In the order of creation, which is the same in every run of one schedule. */
    final int id;

    final Owner owner;
    final Supplier<String> what;
    final Runnable action;
    final @Nullable Passage passage;
    /** Its weight in the choice among events; at least 1. */
    final int weight;
    /** The earliest time at which it can happen, in nanoseconds since the start. */
    final long due;

    Event(
            int id,
            Owner owner,
            Supplier<String> what,
            Runnable action,
            @Nullable Passage passage,
            int weight,
            long due) {
        this.id = id;
        this.owner = owner;
        this.what = what;
        this.action = action;
        this.passage = passage;
        this.weight = weight;
        this.due = due;
    }
}
