package io.sereno.recipes.operator;

import io.sereno.operator.Kind;
import io.sereno.operator.Seat;
import io.sereno.operator.WaitForGraph;
import io.sereno.operator.WaitForGraph.Edge;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The wait-for graph of two readings of all queues. Both show an entry with the same modRevision: it existed unchanged when
 * the first reading had ended and the second had not begun. All edges are between such entries.
 *
 * <p>Circles are what is left when everybody has gone who can go. A session can go if none of its waits lasts: if all
 * places go whose sessions can, there is room. A wait for permits lasts only because of sessions that also wait for something else:
 * in a pool that is in use, clients wait behind each other all the time.
 */
final class Waits {
    /** A thread that waits for these does nothing else. Candidates, nodes of tasks and readers wait beside their work. */
    private static final Set<Kind> BLOCKING =
            EnumSet.of(Kind.LOCK, Kind.READ_WRITE_LOCK, Kind.LOCK_SET, Kind.PERMIT_POOL);

    /** A session that waits in a queue. */
    private record Wait(Lineup queue, Standing place) {
        String session() {
            return Place.sessionOf(place.entry().name());
        }

        boolean joins(Wait next) {
            return queue.resource().kind() != Kind.PERMIT_POOL
                    || !queue.resource().equals(next.queue.resource());
        }
    }

    /** A wait for a place in front, whose session is in a wait of its own. */
    private record Step(Standing ahead, Wait next) {}

    private final Markers markers;
    private final List<Edge> edges = new ArrayList<>();
    /** The waits that may last, of each session. */
    private final Map<String, List<Wait>> left = new LinkedHashMap<>();

    private Waits(Markers markers) {
        this.markers = markers;
    }

    static WaitForGraph between(List<Lineup> first, List<Lineup> second, Markers markers) {
        Set<String> before = new HashSet<>();
        first.forEach(queue -> {
            queue.entries().forEach(entry -> before.add(key(queue, entry)));
            if (queue.stored() != null) {
                before.add(key(queue, queue.stored()));
            }
        });
        Waits graph = new Waits(markers);
        for (Lineup queue : second) {
            if (hasLimits(queue, before)) {
                List<Entry> still = queue.entries().stream()
                        .filter(entry -> before.contains(key(queue, entry)))
                        .toList();
                graph.add(Lineup.of(queue.resource(), still, queue.stored()));
            }
        }
        return new WaitForGraph(graph.edges, graph.circles());
    }

    /** A limit that has changed may have been so high that nobody waited. */
    private static boolean hasLimits(Lineup queue, Set<String> before) {
        Entry stored = queue.stored();
        return queue.resource().kind() != Kind.PERMIT_POOL || (stored != null && before.contains(key(queue, stored)));
    }

    private static String key(Lineup queue, Entry entry) {
        return entry.modRevision() + " " + entry.name() + "\n" + Paths.of(queue.resource());
    }

    private void add(Lineup queue) {
        for (Standing place : queue.places()) {
            place.ahead().forEach(ahead -> edges.add(edge(queue, place, ahead)));
            boolean waits = !place.ahead().isEmpty() && !Turn.isForeign(place.entry());
            if (waits && BLOCKING.contains(queue.resource().kind())) {
                Wait wait = new Wait(queue, place);
                left.computeIfAbsent(wait.session(), session -> new ArrayList<>())
                        .add(wait);
            }
        }
    }

    private Edge edge(Lineup queue, Standing waiting, Standing ahead) {
        return new Edge(seat(queue, waiting), seat(queue, ahead));
    }

    private Seat seat(Lineup queue, Standing place) {
        return queue.seat(place, markers.ofPlace(place.entry()));
    }

    /** Circles without a common session. If only waits are left that last, a walk from any of them ends in a circle. */
    private List<List<Edge>> circles() {
        List<List<Edge>> circles = new ArrayList<>();
        dropWhatEnds();
        while (!left.isEmpty()) {
            Map<String, Integer> walked = new HashMap<>();
            List<Edge> walk = new ArrayList<>();
            Wait at = left.values().iterator().next().get(0);
            while (!walked.containsKey(at.session())) {
                walked.put(at.session(), walk.size());
                Step step = steps(at).get(0);
                walk.add(edge(at.queue(), at.place(), step.ahead()));
                at = step.next();
            }
            int begin = walked.get(at.session());
            circles.add(List.copyOf(walk.subList(begin, walk.size())));
            walked.forEach((session, index) -> {
                if (index >= begin) {
                    left.remove(session);
                }
            });
            dropWhatEnds();
        }
        return circles;
    }

    private void dropWhatEnds() {
        boolean dropped = true;
        while (dropped) {
            dropped = false;
            for (List<Wait> waits : left.values()) {
                dropped |= waits.removeIf(wait -> !lasts(wait));
            }
            left.values().removeIf(Collection::isEmpty);
        }
    }

    private boolean lasts(Wait wait) {
        long staying =
                steps(wait).stream().mapToLong(step -> step.ahead().weight()).sum();
        return staying > wait.place().room();
    }

    /**
     * The places in front that stay. Threads of one client that wait for each other in one queue do so all the time. The session stands for
     * its client: names of clients and processes are not unique. A client whose session was succeeded by another one counts as two for as long
     * as it keeps seats under both.
     */
    private List<Step> steps(Wait wait) {
        List<Step> steps = new ArrayList<>();
        for (Standing ahead : wait.place().front()) {
            String session = Place.sessionOf(ahead.entry().name());
            if (!Turn.isForeign(ahead.entry()) && !session.equals(wait.session())) {
                Optional<Wait> next = left.getOrDefault(session, List.of()).stream()
                        .filter(wait::joins)
                        .findFirst();
                next.ifPresent(each -> steps.add(new Step(ahead, each)));
            }
        }
        return steps;
    }
}
