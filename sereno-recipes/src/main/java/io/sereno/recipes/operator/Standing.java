package io.sereno.recipes.operator;

import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.locks.Ranked;
import io.sereno.recipes.permits.Allotted;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A place in a queue, and what it waits for.
 *
 * @param shared whether others may hold at the same time
 * @param weight how many permits it is for, more than any limit if it does not say; 1 where there are none
 * @param ahead places in front that it waits for, and through them for all others that it waits for
 * @param front the places in front of which some have to go, and
 * @param room how many permits those may have that stay; 0 if all have to go
 */
record Standing(
        Entry entry,
        boolean holds,
        boolean shared,
        long weight,
        List<Standing> ahead,
        List<Standing> front,
        long room) {

    static List<Standing> ofRanked(List<Ranked> queue) {
        Map<String, Standing> places = new HashMap<>();
        List<Standing> all = new ArrayList<>(queue.size());
        for (Ranked ranked : queue) {
            List<Standing> ahead = ranked.ahead().stream()
                    .map(other -> places.get(other.entry().name()))
                    .toList();
            Standing place = new Standing(ranked.entry(), ranked.holds(), ranked.isShared(), 1, ahead, ahead, 0);
            places.put(ranked.entry().name(), place);
            all.add(place);
        }
        return all;
    }

    /** All wait, and for those that have not arrived. */
    static List<Standing> ofParties(List<Entry> queue) {
        return queue.stream()
                .map(entry -> new Standing(entry, false, true, 1, List.of(), List.of(), 0))
                .toList();
    }

    /** A place that waits is granted after all that wait in front of it: so it waits for the last of them; the first one for those that hold. */
    static List<Standing> ofAllotted(List<Allotted> queue, int limit) {
        List<Standing> all = new ArrayList<>(queue.size());
        List<Standing> ahead = List.of();
        for (Allotted allotted : queue) {
            boolean shared = !Turn.isForeign(allotted.entry());
            List<Standing> front = List.copyOf(all);
            Standing place = allotted.holds()
                    ? new Standing(allotted.entry(), true, shared, allotted.permits(), List.of(), List.of(), 0)
                    : new Standing(
                            allotted.entry(),
                            false,
                            shared,
                            allotted.permits(),
                            ahead.isEmpty() ? front : ahead,
                            front,
                            Math.max(0, limit - allotted.permits()));
            if (!allotted.holds()) {
                ahead = List.of(place);
            }
            all.add(place);
        }
        return all;
    }
}
