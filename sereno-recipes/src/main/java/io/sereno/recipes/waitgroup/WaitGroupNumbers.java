package io.sereno.recipes.waitgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The numbers of a generation's workers, as stored in the header: each worker gets the least number that no other has. A number that is given back
 * is free again; that of a worker that is done stays taken. Immutable.
 *
 * @param next the least number that was never given
 * @param free numbers that were given back, as ranges that do not touch, in order
 */
record WaitGroupNumbers(int next, List<Range> free) {
    /** @param last inclusive */
    record Range(int first, int last) {
        @Override
        public String toString() {
            return first == last ? Integer.toString(first) : first + "-" + last;
        }

        private static Range parse(String text) {
            String[] ends = text.split("-", 2);
            return new Range(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
        }
    }

    static final WaitGroupNumbers NONE = new WaitGroupNumbers(1, List.of());

    /** The header has a limited size. Beyond this many ranges, the greatest free numbers are forgotten, and never given again. */
    static final int MOST_RANGES = 1_000;

    WaitGroupNumbers {
        free = List.copyOf(free);
    }

    /** The number of the next worker. */
    int first() {
        return free.isEmpty() ? next : free.get(0).first();
    }

    /** After {@link #first} was given. */
    WaitGroupNumbers taken() {
        if (free.isEmpty()) {
            return new WaitGroupNumbers(next + 1, free);
        }
        List<Range> left = new ArrayList<>(free);
        Range range = left.remove(0);
        if (range.first() < range.last()) {
            left.add(0, new Range(range.first() + 1, range.last()));
        }
        return new WaitGroupNumbers(next, left);
    }

    /** After a number was given back; 0 is the number of a worker without one. */
    WaitGroupNumbers givenBack(int number) {
        if (number < 1 || number >= next || free.stream().anyMatch(range -> isIn(range, number))) {
            return this;
        }
        List<Range> merged = new ArrayList<>(free.size() + 1);
        Range added = new Range(number, number);
        for (Range range : free) {
            if (range.last() + 1 < added.first()) {
                merged.add(range);
            } else if (added.last() + 1 < range.first()) {
                merged.add(added);
                added = range;
            } else {
                added = new Range(Math.min(range.first(), added.first()), Math.max(range.last(), added.last()));
            }
        }
        merged.add(added);
        return new WaitGroupNumbers(next, merged.subList(0, Math.min(MOST_RANGES, merged.size())));
    }

    private static boolean isIn(Range range, int number) {
        return range.first() <= number && number <= range.last();
    }

    /** One word, or two if numbers were given back. */
    String encode() {
        String ranges = free.stream().map(Range::toString).collect(Collectors.joining(","));
        return ranges.isEmpty() ? Integer.toString(next) : next + " " + ranges;
    }

    static WaitGroupNumbers decode(String next, String free) {
        List<Range> ranges = new ArrayList<>();
        if (!free.isEmpty()) {
            for (String range : free.split(",", -1)) {
                ranges.add(Range.parse(range));
            }
        }
        return new WaitGroupNumbers(Integer.parseInt(next), ranges);
    }
}
