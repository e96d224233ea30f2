package io.sereno.recipes;

import io.sereno.IdLayout;
import io.sereno.spi.Bytes;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The value of a slot's high-water mark: the ticks that were reserved last, and by which attempt.
 *
 * @param owner unique for each attempt, so that its outcome can be read here
 * @param from the first tick
 * @param to the first tick that nobody has reserved yet
 */
record IdWindow(String owner, long from, long to) {
    private static final Pattern FORM =
            Pattern.compile("sereno/1 window\nowner ([^\n]*)\nfrom ([0-9]{1,19})\nto ([0-9]{1,19})\n(?s:.*)");

    Bytes encode() {
        return Bytes.utf8("sereno/1 window\nowner " + owner + "\nfrom " + from + "\nto " + to + "\n");
    }

    /** Null for what is not a window. */
    static @Nullable IdWindow decode(Bytes value) {
        Matcher form = FORM.matcher(value.toUtf8());
        if (!form.matches()) {
            return null;
        }
        try {
            return new IdWindow(form.group(1), Long.parseLong(form.group(2)), Long.parseLong(form.group(3)));
        } catch (NumberFormatException beyondLong) {
            return null;
        }
    }

    /** What all generators of a name have to agree on. */
    static Bytes encode(IdLayout layout) {
        return Bytes.utf8("sereno/1 ids\ntime-bits " + layout.timeBits() + "\ntick " + layout.tick()
                + "\nsequence-bits " + layout.sequenceBits() + "\nslot-bits " + layout.slotBits() + "\nepoch "
                + layout.epoch() + "\n");
    }
}
