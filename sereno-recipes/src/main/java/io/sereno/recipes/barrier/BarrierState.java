package io.sereno.recipes.barrier;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The state of a barrier, as stored in its head. Immutable.
 *
 * <p>A name in it is decided. Only the owner removes a place whose name is decided, so the name stays here for as long as the place exists.
 *
 * @param crossings how many there were
 * @param crossed the names of the places that have crossed: all of the last crossing, and those of earlier ones that still existed then
 * @param replaced the names of the places whose party had arrived again by another call before a crossing, as far as they still existed then
 */
record BarrierState(long crossings, Set<String> crossed, Set<String> replaced) {
    static final BarrierState NONE = new BarrierState(0, Set.of(), Set.of());
    /** Every store takes values of this size. */
    private static final int MOST_BYTES = 60 * 1024;

    private static final String HEADER = "sereno/1 barrier";

    BarrierState {
        crossed = Set.copyOf(crossed);
        replaced = Set.copyOf(replaced);
    }

    boolean isDecided(String place) {
        return crossed.contains(place) || replaced.contains(place);
    }

    /** After these places have crossed. {@code existing}: the names of all places. */
    BarrierState next(List<BarrierPlace> crossing, List<BarrierPlace> nowReplaced, Set<String> existing) {
        return new BarrierState(
                crossings + 1, together(crossed, existing, crossing), together(replaced, existing, nowReplaced));
    }

    private static Set<String> together(Set<String> former, Set<String> existing, List<BarrierPlace> more) {
        Set<String> names = new HashSet<>(former);
        names.retainAll(existing);
        more.forEach(place -> names.add(place.name()));
        return names;
    }

    Bytes encode() {
        return Bytes.utf8(
                HEADER + "\ncrossings " + crossings + line("crossed", crossed) + line("replaced", replaced) + "\n");
    }

    private static String line(String key, Set<String> names) {
        return names.isEmpty() ? "" : "\n" + key + " " + String.join(" ", new TreeSet<>(names));
    }

    /** Whether a store takes this state: not if very many places that are decided were not removed yet. */
    boolean fits() {
        return encode().size() <= MOST_BYTES;
    }

    /** A reader ignores lines that it does not know. */
    static BarrierState decode(Bytes value) {
        String text = value.toUtf8();
        if (!text.startsWith(HEADER + "\n")) {
            throw unreadable(text, null);
        }
        long crossings = 0;
        Set<String> crossed = Set.of();
        Set<String> replaced = Set.of();
        for (String line : text.split("\n", -1)) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("crossings") && words.length == 2) {
                try {
                    crossings = Long.parseLong(words[1]);
                } catch (NumberFormatException wrong) {
                    throw unreadable(text, wrong);
                }
            } else if (words[0].equals("crossed")) {
                crossed = names(words);
            } else if (words[0].equals("replaced")) {
                replaced = names(words);
            }
        }
        return new BarrierState(crossings, crossed, replaced);
    }

    private static Set<String> names(String[] words) {
        return new HashSet<>(Arrays.asList(words).subList(1, words.length));
    }

    private static UnreadableEntryException unreadable(String text, @Nullable Exception why) {
        return new UnreadableEntryException("an entry that should hold a barrier holds " + Quote.of(text), why);
    }
}
