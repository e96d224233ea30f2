package io.sereno.tck.history;

/**
 * Where an operation may have taken effect: after the commit at a place in the order of revisions and before the next
 * commit, and within that gap not before a moment of the history.
 *
 * @param gap the place of the last commit before; 0 if none
 * @param order of the moment; sorts the points within a gap, which revisions do not sort
 */
record Point(int gap, long order) implements Comparable<Point> {
    static final Point START = new Point(0, 0);

    /** The end of the gap before a commit: every point in the gap comes before it. */
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
