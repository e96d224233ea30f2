package io.sereno.operator;

import java.util.List;
import java.util.Objects;

/**
 * Which seats waited for which others at one moment; see {@link Operator#waitFor}.
 *
 * @param edges each joins a seat that waits and one in front that it waits for. From a seat, edges lead to all seats that
 *     it waits for, directly or through other seats; copied
 * @param suspected circles of clients that wait for locks and permits of each other: in each, the client of {@code ahead}
 *     of an edge is the client of {@code waiting} of the next, and the last leads back to the first. A client is in one
 *     circle at most. Waits of candidates, nodes of scheduled tasks and readers are in none: these wait beside their work.
 *     A wait for permits is in one only if it lasts even when all clients return theirs that are not in a circle, and
 *     no circle is within one permit pool; copied
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
