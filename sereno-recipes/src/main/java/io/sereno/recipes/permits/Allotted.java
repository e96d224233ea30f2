package io.sereno.recipes.permits;

import io.sereno.recipes.kernel.Room;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A place in the queue of a pool, and whether it has its permits.
 *
 * @param permits more than any limit if the place does not say
 * @param holds it is marked, or fits into the limit with all places in front: it has its permits, or is about to be granted
 */
public record Allotted(Entry entry, long permits, boolean holds) {
    /** The name of the entry with the limit. */
    public static final String LIMIT = Room.LIMIT;

    /** What an entry says; empty if there is none, or it says none yet. */
    public static OptionalInt limit(@Nullable Entry stored) {
        return Limit.of(stored);
    }

    /** The places of a queue, in its order. */
    public static List<Allotted> within(int limit, List<Entry> queue) {
        List<Allotted> places = new ArrayList<>(queue.size());
        long free = limit;
        for (Entry entry : queue) {
            Weight weight = Weight.of(entry);
            free -= weight.permits();
            places.add(new Allotted(entry, weight.permits(), weight.held() || free >= 0));
        }
        return places;
    }

    /** For users: 1 if the place does not say. */
    public static int shown(long permits) {
        return permits > Integer.MAX_VALUE ? 1 : (int) Math.max(1, permits);
    }
}
