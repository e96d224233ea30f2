package io.sereno.recipes.slots;

import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.Entry;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a place says, in lines after the card: {@code count N}, of which numbers it wants one, and {@code number N} once it has one.
 *
 * @param count 0 if the place does not say, or no client has put it: it waits for as long as it exists, and all behind it wait too
 */
record SlotLines(int count, OptionalInt number) {
    private static final String COUNT = "count ";
    private static final String NUMBER = "number ";
    private static final Pattern LINE = Pattern.compile("(" + COUNT + "|" + NUMBER + ")([0-9]{1,9})");

    static SlotLines of(Entry place) {
        int count = 0;
        OptionalInt number = OptionalInt.empty();
        if (!Turn.isForeign(place)) {
            for (String line : place.value().toUtf8().split("\n", -1)) {
                Matcher form = LINE.matcher(line);
                if (form.matches()) {
                    int value = Integer.parseInt(form.group(2));
                    if (form.group(1).equals(COUNT)) {
                        count = value;
                    } else {
                        number = OptionalInt.of(value);
                    }
                }
            }
        }
        return new SlotLines(count, number);
    }

    static String of(int count, OptionalInt number) {
        return COUNT + count + "\n" + (number.isPresent() ? NUMBER + number.getAsInt() + "\n" : "");
    }
}
