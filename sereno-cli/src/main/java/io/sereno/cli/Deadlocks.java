package io.sereno.cli;

import io.sereno.operator.Kind;
import io.sereno.operator.WaitForGraph;
import io.sereno.operator.WaitForGraph.Edge;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Suspected deadlocks in which all wait for locks. The operator also suspects circles with an election: candidates that each lead one and
 * wait for the other. Nobody is blocked by that, and replicas of one service wait so all the time.
 */
final class Deadlocks {
    private static final Set<Kind> LOCKS = EnumSet.of(Kind.LOCK, Kind.READ_WRITE_LOCK, Kind.LOCK_SET);

    /** By the session that waits. */
    private final Map<String, List<Edge>> waits = new HashMap<>();

    private Deadlocks(WaitForGraph graph) {
        graph.edges().stream()
                .filter(edge -> LOCKS.contains(edge.ahead().resource().kind()))
                .filter(edge -> !edge.ahead().foreign() && !edge.waiting().foreign())
                .forEach(edge -> waits.computeIfAbsent(edge.waiting().session(), session -> new ArrayList<>())
                        .add(edge));
    }

    /** Each circle once, from one client back to it; the shortest through each wait. */
    static List<List<Edge>> of(WaitForGraph graph) {
        Deadlocks deadlocks = new Deadlocks(graph);
        Set<Set<String>> seen = new HashSet<>();
        List<List<Edge>> circles = new ArrayList<>();
        for (List<Edge> edges : deadlocks.waits.values()) {
            for (Edge edge : edges) {
                List<Edge> circle = deadlocks.circle(edge);
                Set<String> clients =
                        circle.stream().map(each -> each.waiting().session()).collect(Collectors.toSet());
                if (!circle.isEmpty() && seen.add(clients)) {
                    circles.add(circle);
                }
            }
        }
        return circles;
    }

    private List<Edge> circle(Edge begin) {
        String end = begin.waiting().session();
        // How each session was reached.
        Map<String, Edge> reached = new HashMap<>();
        Queue<String> next = new ArrayDeque<>();
        reached.put(begin.ahead().session(), begin);
        next.add(begin.ahead().session());
        for (String at = next.poll(); at != null; at = next.poll()) {
            if (at.equals(end)) {
                return path(reached, end, begin);
            }
            for (Edge edge : waits.getOrDefault(at, List.of())) {
                if (reached.putIfAbsent(edge.ahead().session(), edge) == null) {
                    next.add(edge.ahead().session());
                }
            }
        }
        return List.of();
    }

    private static List<Edge> path(Map<String, Edge> reached, String end, Edge begin) {
        ArrayDeque<Edge> path = new ArrayDeque<>();
        @Nullable Edge edge = reached.get(end);
        while (edge != null && !edge.equals(begin)) {
            path.addFirst(edge);
            edge = reached.get(edge.waiting().session());
        }
        path.addFirst(begin);
        return List.copyOf(path);
    }
}
