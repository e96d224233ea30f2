package io.sereno.recipes.slots;

import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.Entry;
import java.util.OptionalInt;

/**
 * What a place says, in lines after the card: {@code count N}, of which numbers it wants one, and {@code number N} once it has one.
 *
 * @param count 0 if the place does not say, or no client has put it: it waits for as long as it exists, and all behind it wait too
 */
record SlotLines(int count, OptionalInt number) {
    private static final String COUNT = "count ";
    private static final String NUMBER = "number ";

    static SlotLines of(Entry place) {
        int count = 0;
        OptionalInt number = OptionalInt.empty();
        if (!Turn.isForeign(place)) {
            for (String line : place.value().toUtf8().split("\n", -1)) {
                if (line.matches(COUNT + "[0-9]{1,9}")) {
                    count = Integer.parseInt(line.substring(COUNT.length()));
                } else if (line.matches(NUMBER + "[0-9]{1,9}")) {
                    number = OptionalInt.of(Integer.parseInt(line.substring(NUMBER.length())));
                }
            }
        }
        return new SlotLines(count, number);
    }

    static String of(int count, OptionalInt number) {
        return COUNT + count + "\n" + (number.isPresent() ? NUMBER + number.getAsInt() + "\n" : "");
    }
}
