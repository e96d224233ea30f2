package io.sereno.tck.history;

/**
 * A point of a history.
 *
 * @param order counts all moments of the history, so that no two are the same and there is no doubt what came first
 * @param nanos since the beginning of the history, by one monotonic clock for all clients
 */
public record Moment(long order, long nanos) {
    boolean isBefore(Moment other) {
        return order < other.order;
    }

    /** Milliseconds, as pages and messages have it. */
    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "%.3f ms", nanos / 1e6);
    }
}
