package io.sereno.recipes.operator;

import io.sereno.UnreadableEntryException;
import io.sereno.operator.Kind;
import io.sereno.operator.QueueView;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.recipes.locks.Ranked;
import io.sereno.recipes.permits.Allotted;
import io.sereno.recipes.slots.SlotPoolRecipe;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A queue as it was read: its places in order, and what each waits for.
 *
 * @param stored the entry with the limit of a permit pool; null if there is none
 */
record Lineup(
        Resource resource, List<Standing> places, @Nullable Entry stored) {
    /** Of a directory that was read as a whole. */
    static Lineup in(Resource resource, Snapshot all) {
        Entry stored = all.entries().stream()
                .filter(entry ->
                        resource.kind() == Kind.PERMIT_POOL && entry.name().equals(Allotted.LIMIT))
                .findFirst()
                .orElse(null);
        return of(resource, View.queue(all), stored);
    }

    static Lineup of(Resource resource, List<Entry> queue, @Nullable Entry stored) {
        return new Lineup(resource, places(resource, queue, stored), stored);
    }

    private static List<Standing> places(Resource resource, List<Entry> queue, @Nullable Entry stored) {
        return switch (resource.kind()) {
            case PERMIT_POOL -> {
                int limit = limit(stored).orElse(0);
                yield Standing.ofAllotted(Allotted.within(limit, queue), limit);
            }
            case BARRIER -> Standing.ofParties(queue);
            case SLOT_POOL -> Standing.ofRanked(Ranked.waiting(queue, SlotPoolRecipe::waits));
            case READ_WRITE_LOCK, LOCK_SET -> Standing.ofRanked(Ranked.byClaims(queue));
            default -> Standing.ofRanked(Ranked.exclusive(queue));
        };
    }

    /** An operator has to see the queue whatever somebody wrote into the limit. */
    private static OptionalInt limit(@Nullable Entry stored) {
        try {
            return Allotted.limit(stored);
        } catch (UnreadableEntryException none) {
            return OptionalInt.empty();
        }
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    List<Entry> entries() {
        return places.stream().map(Standing::entry).toList();
    }

    QueueView view(Markers markers) {
        return new QueueView(
                resource,
                places.stream()
                        .map(place -> seat(place, markers.ofPlace(place.entry())))
                        .toList(),
                limit(stored));
    }

    Seat seat(Standing place, @Nullable Marker marker) {
        Entry entry = place.entry();
        boolean foreign = Turn.isForeign(entry);
        boolean fenced = !foreign && !place.shared() && resource.kind() != Kind.READER;
        Card card = Card.decode(entry.value());
        return new Seat(
                resource,
                entry.name(),
                entry.createRevision(),
                foreign ? "" : Place.sessionOf(entry.name()),
                marker == null ? 0 : marker.revision(),
                card.nodeId(),
                marker == null ? "" : marker.host(),
                card.since(),
                place.holds(),
                place.shared(),
                Allotted.shown(place.weight()),
                fenced ? OptionalLong.of(FencingToken.of(entry.createRevision(), 0)) : OptionalLong.empty(),
                foreign);
    }
}
