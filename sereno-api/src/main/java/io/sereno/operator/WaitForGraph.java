package io.sereno.operator;

import java.util.List;
import java.util.Objects;

/**
 * Which seats waited for which others at one moment; see {@link Operator#waitFor}.
 *
 * @param edges each joins a seat that waits and one in front that it waits for. From a seat, edges lead to all seats that
 *     it waits for, directly or through other seats; copied
 * @param suspected circles of clients that wait for each other: in each, the client of {@code ahead} of an edge is the
 *     client of {@code waiting} of the next, and the last leads back to the first. A client is in one circle at
 *     most; copied
 */
public record WaitForGraph(List<Edge> edges, List<List<Edge>> suspected) {
    /** Copies the lists. */
    public WaitForGraph {
        edges = List.copyOf(edges);
        suspected = suspected.stream().map(List::copyOf).toList();
    }

    /**
     * A seat that waits for another.
     *
     * @param waiting the seat behind
     * @param ahead the seat in front that conflicts with it
     */
    public record Edge(Seat waiting, Seat ahead) {
        /** Refuses null. */
        public Edge {
            Objects.requireNonNull(waiting, "waiting");
            Objects.requireNonNull(ahead, "ahead");
        }
    }
}
