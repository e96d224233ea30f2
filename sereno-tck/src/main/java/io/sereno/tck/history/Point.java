package io.sereno.tck.history;

/**
 * Where an operation may have taken effect: behind the commit at a place in the order of revisions and before the next one,
 * and there not before a moment of the history.
 *
 * @param gap the place of the last commit before; 0 if none
 * @param order of the moment; orders within a gap what no revision orders
 */
record Point(int gap, long order) implements Comparable<Point> {
    static final Point START = new Point(0, 0);

    /** The end of the gap before a commit: all that is there came before. */
    static Point justBefore(int position) {
        return new Point(position - 1, Long.MAX_VALUE);
    }

    @Override
    public int compareTo(Point other) {
        return gap != other.gap ? Integer.compare(gap, other.gap) : Long.compare(order, other.order);
    }

    Point or(Point other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
