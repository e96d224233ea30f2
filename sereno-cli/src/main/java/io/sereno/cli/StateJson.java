package io.sereno.cli;

import io.sereno.operator.QueueView;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.operator.TopicView;
import io.sereno.operator.WaitForGraph;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the page of {@code sereno ui} shows, as JSON. */
final class StateJson {
    private StateJson() {}

    /** {@code store} is what the store is and where; {@code failure} says why the overview is not newer. */
    static String of(String store, Overview overview, Refresh.Failure failure, Instant now) {
        return Json.of(object(
                "schema",
                1,
                "store",
                store,
                "at",
                overview.at().toEpochMilli(),
                "now",
                now.toEpochMilli(),
                "failed",
                failure.what(),
                "failure",
                failure.message(),
                "queues",
                overview.queues().stream().map(StateJson::queue).toList(),
                "members",
                overview.members(),
                "topics",
                overview.topics().stream().map(StateJson::topic).toList(),
                "unreadable",
                overview.unreadable().stream()
                        .map(topic -> object("resource", topic.topic().toString(), "why", topic.why()))
                        .toList(),
                "moreTopics",
                overview.moreTopics(),
                "sessions",
                overview.sessions().stream().map(StateJson::session).toList(),
                "suspected",
                overview.deadlocks().stream()
                        .map(circle -> circle.stream().map(StateJson::edge).toList())
                        .toList()));
    }

    private static Map<String, Object> queue(QueueView queue) {
        return object(
                "kind",
                queue.resource().kind().word(),
                "resource",
                queue.resource().toString(),
                "holders",
                queue.holders().stream().map(StateJson::seat).toList(),
                "waiters",
                queue.waiters().stream().map(StateJson::seat).toList(),
                "limit",
                queue.limit().orElse(0));
    }

    private static Map<String, Object> seat(Seat seat) {
        return object(
                "node", seat.foreign() ? "put by hand" : seat.nodeId(),
                "host", seat.host(),
                "since", seat.since().toEpochMilli(),
                "token", seat.firstToken().orElse(0),
                "weight", seat.weight(),
                "session", seat.session(),
                "ended", !seat.foreign() && seat.sessionRevision() == 0);
    }

    private static Map<String, Object> topic(TopicView topic) {
        List<Map<String, Object>> readers = topic.readers().stream()
                .map(reader -> object(
                        "name", reader.name(),
                        "lag", reader.lag(),
                        "node", reader.active().map(Seat::nodeId).orElse("")))
                .toList();
        return object(
                "resource", topic.resource().toString(), "low", topic.low(), "next", topic.next(), "readers", readers);
    }

    private static Map<String, Object> session(SessionView session) {
        return object(
                "id",
                session.id(),
                "node",
                session.nodeId(),
                "host",
                session.host(),
                "pid",
                session.pid().orElse(0),
                "since",
                session.since().toEpochMilli(),
                "ttl",
                session.ttl().toMillis(),
                "ended",
                session.markerRevision() == 0,
                "has",
                session.holdings().stream()
                        .map(holding -> holding.role() + " " + holding.resource())
                        .toList());
    }

    private static Map<String, Object> edge(WaitForGraph.Edge edge) {
        return object(
                "waits", edge.waiting().nodeId(),
                "ahead", edge.ahead().nodeId(),
                "resource", edge.ahead().resource().toString());
    }

    private static Map<String, Object> object(Object... pairs) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            object.put((String) pairs[i], pairs[i + 1]);
        }
        return object;
    }
}
