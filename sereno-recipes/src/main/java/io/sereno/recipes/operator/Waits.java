package io.sereno.recipes.operator;

import io.sereno.operator.Seat;
import io.sereno.operator.WaitForGraph;
import io.sereno.operator.WaitForGraph.Edge;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.locks.Ranked;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The wait-for graph of two readings of all queues. Both show an entry with the same modRevision: it existed unchanged when
 * the first reading had ended and the second had not begun. All edges are between such entries.
 */
final class Waits {
    private record Step(String session, Edge edge) {}

    private final Map<String, List<Step>> waits = new LinkedHashMap<>();
    private final List<Edge> edges = new ArrayList<>();

    private Waits() {}

    static WaitForGraph between(List<Lineup> first, List<Lineup> second, Markers markers) {
        Set<String> before = new HashSet<>();
        first.forEach(lineup -> lineup.places().forEach(place -> before.add(key(lineup, place.entry()))));
        Waits graph = new Waits();
        for (Lineup lineup : second) {
            List<Entry> still = lineup.places().stream()
                    .map(Ranked::entry)
                    .filter(entry -> before.contains(key(lineup, entry)))
                    .toList();
            graph.add(Lineup.of(lineup.resource(), still), markers);
        }
        return new WaitForGraph(graph.edges, graph.circles());
    }

    private static String key(Lineup lineup, Entry entry) {
        return entry.modRevision() + " " + entry.name() + "\n" + Paths.of(lineup.resource());
    }

    private void add(Lineup lineup, Markers markers) {
        for (Ranked place : lineup.places()) {
            for (Ranked ahead : place.ahead()) {
                Edge edge = new Edge(seat(lineup, place, markers), seat(lineup, ahead, markers));
                edges.add(edge);
                String waiting = session(place.entry());
                String other = session(ahead.entry());
                // Threads of one client that wait for each other in one queue do so all the time.
                if (waiting != null && other != null && !waiting.equals(other)) {
                    waits.computeIfAbsent(waiting, key -> new ArrayList<>()).add(new Step(other, edge));
                }
            }
        }
    }

    private static Seat seat(Lineup lineup, Ranked place, Markers markers) {
        return lineup.seat(place, markers.ofPlace(place.entry()));
    }

    /**
     * Null for an entry that no client put. The session stands for its client: names of clients and processes are not unique. A client
     * whose session was succeeded by another one counts as two for as long as it keeps seats under both.
     */
    private static @Nullable String session(Entry place) {
        return Turn.isForeign(place) ? null : Place.sessionOf(place.name());
    }

    /**
     * Circles without a common session. Whoever waits for nobody that is left is in no circle. If only sessions remain that wait for
     * one that remains, a walk from any of them ends in a circle.
     */
    private List<List<Edge>> circles() {
        List<List<Edge>> circles = new ArrayList<>();
        Map<String, List<Step>> left = new LinkedHashMap<>(waits);
        while (true) {
            dropWithoutWait(left);
            if (left.isEmpty()) {
                return circles;
            }
            Map<String, Integer> walked = new HashMap<>();
            List<Step> walk = new ArrayList<>();
            String at = left.keySet().iterator().next();
            while (!walked.containsKey(at)) {
                walked.put(at, walk.size());
                Step step = next(left, at).orElseThrow();
                walk.add(step);
                at = step.session();
            }
            List<Step> circle = walk.subList(walked.get(at), walk.size());
            circles.add(circle.stream().map(Step::edge).toList());
            circle.forEach(step -> left.remove(step.session()));
        }
    }

    private static Optional<Step> next(Map<String, List<Step>> left, String session) {
        return left.getOrDefault(session, List.of()).stream()
                .filter(step -> left.containsKey(step.session()))
                .findFirst();
    }

    private static void dropWithoutWait(Map<String, List<Step>> left) {
        while (left.keySet().removeIf(session -> next(left, session).isEmpty())) {
            // Those who waited for the dropped ones may wait for nobody now.
        }
    }
}
