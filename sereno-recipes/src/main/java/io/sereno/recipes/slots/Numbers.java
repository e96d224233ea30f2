package io.sereno.recipes.slots;

import io.sereno.recipes.kernel.Room;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which numbers a place can have beside those in front of it. */
final class Numbers {
    private final Set<Integer> taken = new HashSet<>();
    /** The counts of those that are about to have a number, which is not stored yet. */
    private final List<Integer> open = new ArrayList<>();
    /** A place in front waits until others leave, so this one waits too. */
    private boolean blocked;

    private Numbers() {}

    static Numbers beside(List<Entry> inFront) {
        Numbers numbers = new Numbers();
        for (Entry place : inFront) {
            SlotLines lines = SlotLines.of(place);
            if (lines.number().isPresent()) {
                numbers.taken.add(lines.number().getAsInt());
            } else if (numbers.isFull(lines.count())) {
                numbers.blocked = true;
                break;
            } else {
                numbers.open.add(lines.count());
            }
        }
        return numbers;
    }

    /** Whether none of the first numbers can be free. */
    private boolean isFull(int count) {
        return below(count, taken) + below(count + 1, open) >= count;
    }

    private static long below(int end, Collection<Integer> values) {
        return values.stream().filter(value -> value < end).count();
    }

    /** What this means for a place that wants one of the first {@code count} numbers. */
    Room.Answer answer(int count) {
        if (blocked || isFull(count)) {
            return Room.Answer.FULL;
        }
        return open.isEmpty() ? Room.Answer.FITS : Room.Answer.NOT_KNOWN;
    }

    /** The preferred number if it is free, else the least that is. */
    int choose(int preferred) {
        if (preferred >= 0 && !taken.contains(preferred)) {
            return preferred;
        }
        int number = 0;
        while (taken.contains(number)) {
            number++;
        }
        return number;
    }
}
