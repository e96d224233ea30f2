package io.sereno.recipes.ids;

import io.sereno.IdLayout;
import io.sereno.spi.Bytes;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The value of a slot's high-water mark: the ticks that were reserved last, and by which attempt.
 *
 * @param owner unique for each attempt, so that its outcome can be read here
 * @param from the first tick
 * @param to the first tick that nobody has reserved yet
 */
public record IdWindow(String owner, long from, long to) {
    private static final String FIRST_LINE = "sereno/1 window";

    public Bytes encode() {
        return Bytes.utf8("sereno/1 window\nowner " + owner + "\nfrom " + from + "\nto " + to + "\n");
    }

    /** Null if the value is not a window. Unknown lines are ignored. */
    public static @Nullable IdWindow decode(Bytes value) {
        String[] lines = value.toUtf8().split("\n", -1);
        String owner = null;
        long from = -1;
        long to = -1;
        for (String line : lines) {
            String[] words = line.split(" ", 2);
            if (words.length == 2) {
                switch (words[0]) {
                    case "owner" -> owner = words[1];
                    case "from" -> from = tick(words[1]);
                    case "to" -> to = tick(words[1]);
                    default -> {
                        // Another version's line, or the first line.
                    }
                }
            }
        }
        return lines[0].equals(FIRST_LINE) && owner != null && from >= 0 && to >= 0
                ? new IdWindow(owner, from, to)
                : null;
    }

    /** Negative if it is not a tick. */
    private static long tick(String digits) {
        try {
            return digits.matches("[0-9]{1,19}") ? Long.parseLong(digits) : -1;
        } catch (NumberFormatException beyondLong) {
            return -1;
        }
    }

    /** The layout that all generators of a name have to agree on. */
    public static Bytes encode(IdLayout layout) {
        return Bytes.utf8("sereno/1 ids\ntime-bits " + layout.timeBits() + "\ntick " + layout.tick()
                + "\nsequence-bits " + layout.sequenceBits() + "\nslot-bits " + layout.slotBits() + "\nepoch "
                + layout.epoch() + "\n");
    }

    /** Whether the stored layout equals the wanted one; lines that a later version added do not matter. */
    static boolean isLayout(Bytes stored, Bytes wanted) {
        Set<String> lines = Set.of(wanted.toUtf8().strip().split("\n", -1));
        return Set.copyOf(List.of(stored.toUtf8().split("\n", -1))).containsAll(lines);
    }
}
