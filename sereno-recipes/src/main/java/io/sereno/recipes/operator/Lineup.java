package io.sereno.recipes.operator;

import io.sereno.operator.Kind;
import io.sereno.operator.QueueView;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.locks.Ranked;
import io.sereno.recipes.slots.SlotPoolRecipe;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A queue as it was read: its places in order, and what each waits for. */
record Lineup(Resource resource, List<Ranked> places) {
    static Lineup of(Resource resource, List<Entry> queue) {
        if (resource.kind() == Kind.SLOT_POOL) {
            return new Lineup(resource, Ranked.waiting(queue, SlotPoolRecipe::waits));
        }
        boolean claim = resource.kind() == Kind.READ_WRITE_LOCK || resource.kind() == Kind.LOCK_SET;
        return new Lineup(resource, claim ? Ranked.byClaims(queue) : Ranked.exclusive(queue));
    }

    QueueView view(Markers markers) {
        return new QueueView(
                resource,
                places.stream()
                        .map(place -> seat(place, markers.ofPlace(place.entry())))
                        .toList());
    }

    Seat seat(Ranked place, @Nullable Marker marker) {
        Entry entry = place.entry();
        boolean foreign = Turn.isForeign(entry);
        boolean fenced = !foreign && !place.isShared() && resource.kind() != Kind.READER;
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
                place.isShared(),
                fenced ? OptionalLong.of(FencingToken.of(entry.createRevision(), 0)) : OptionalLong.empty(),
                foreign);
    }
}
