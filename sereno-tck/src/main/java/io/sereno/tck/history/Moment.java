package io.sereno.tck.history;

/**
 * A point in a history.
 *
 * @param order counts all moments of the history, so that no two are equal and their order is certain
 * @param nanos since the beginning of the history, by one monotonic clock for all clients
 */
public record Moment(long order, long nanos) {
    boolean isBefore(Moment other) {
        return order < other.order;
    }

    /** In milliseconds, as in pages and messages. */
    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "%.3f ms", nanos / 1e6);
    }
}
