package io.sereno.recipes.locks;

import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * An entry of a queue, and what it waits for.
 *
 * @param claims what it claims
 * @param all whether it conflicts with all others, whatever they claim
 * @param ahead the entries in front that conflict with it, the nearest first, up to one that waits for all others of them
 */
public record Ranked(Entry entry, Claims claims, boolean all, List<Ranked> ahead) {
    /** Queues in which each place waits for all in front: the mutex, the election and the readers of a topic. */
    public static List<Ranked> exclusive(List<Entry> queue) {
        return rank(queue, entry -> Claims.NOT_READABLE);
    }

    /** Queues whose places say what they claim. */
    public static List<Ranked> byClaims(List<Entry> queue) {
        return rank(queue, Claims::of);
    }

    /** Queues of which only some places wait, for all in front of them: the slot pool. */
    public static List<Ranked> waiting(List<Entry> queue, Predicate<Entry> waits) {
        List<Ranked> ranked = new ArrayList<>(queue.size());
        for (Entry entry : queue) {
            boolean all = waits.test(entry);
            List<Ranked> ahead = all ? ahead(ranked, Claims.NOT_READABLE, true) : List.of();
            ranked.add(new Ranked(entry, Claims.WRITE_LOCK, all, ahead));
        }
        return ranked;
    }

    private static List<Ranked> rank(List<Entry> queue, Function<Entry, Claims> claimsOf) {
        List<Ranked> ranked = new ArrayList<>(queue.size());
        for (Entry entry : queue) {
            Claims claims = claimsOf.apply(entry);
            boolean all = claims.conflictsWithAll(entry);
            ranked.add(new Ranked(entry, claims, all, ahead(ranked, claims, all)));
        }
        return ranked;
    }

    private static List<Ranked> ahead(List<Ranked> front, Claims claims, boolean all) {
        List<Ranked> ahead = new ArrayList<>();
        for (int i = front.size() - 1; i >= 0; i--) {
            Ranked other = front.get(i);
            if (all || other.all || claims.conflictsWith(other.claims)) {
                ahead.add(other);
                if (other.all || (!all && other.claims.covers(claims))) {
                    break;
                }
            }
        }
        return List.copyOf(ahead);
    }

    /** Whether nothing in front conflicts with it. */
    public boolean holds() {
        return ahead.isEmpty();
    }

    /** Whether others may hold at the same time. */
    public boolean isShared() {
        return !all && claims.isShared();
    }
}
