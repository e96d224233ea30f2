package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.SessionView;
import io.sereno.operator.SessionView.Role;
import io.sereno.operator.TopicView;
import io.sereno.operator.WaitForGraph;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that a namespace and its children show, read one after another.
 *
 * @param queues of those that hold or wait, the longest first
 * @param topics at most {@link #MOST_TOPICS}, since each is a request
 * @param sessions without that of this process
 * @param deadlocks suspected ones: circles of clients that wait for each other
 */
record Overview(
        Instant at,
        List<QueueView> queues,
        List<TopicView> topics,
        List<SessionView> sessions,
        List<List<WaitForGraph.Edge>> deadlocks) {
    static final int MOST_TOPICS = 100;

    static Overview read(Sereno sereno) throws InterruptedException {
        Operator operator = sereno.operator();
        List<QueueView> queues = operator.queues().stream()
                .filter(queue -> queue.resource().kind() != Kind.READER) // A topic shows its readers.
                .sorted(Comparator.comparing(
                                (QueueView queue) -> -queue.waiters().size())
                        .thenComparing(queue -> queue.resource().toString()))
                .toList();
        List<TopicView> topics = operator.resources(Kind.TOPIC)
                .limit(MOST_TOPICS)
                .map(operator::topic)
                .flatMap(Optional::stream)
                .sorted(Comparator.comparing(topic -> topic.resource().toString()))
                .toList();
        List<SessionView> sessions = operator.sessions().stream()
                .filter(session -> !session.nodeId().equals(sereno.nodeId()))
                .toList();
        return new Overview(
                Instant.now(),
                queues,
                topics,
                sessions,
                operator.waitFor(Duration.ZERO).suspected());
    }

    /** The members of each group. */
    TreeMap<String, TreeSet<String>> members() {
        TreeMap<String, TreeSet<String>> members = new TreeMap<>();
        for (SessionView session : sessions) {
            for (SessionView.Holding holding : session.holdings()) {
                if (holding.role() == Role.MEMBER) {
                    members.computeIfAbsent(holding.resource().toString(), group -> new TreeSet<>())
                            .add(holding.entry().substring("m-".length()));
                }
            }
        }
        return members;
    }

    long held() {
        return queues.stream().mapToLong(queue -> queue.holders().size()).sum();
    }

    long waiting() {
        return queues.stream().mapToLong(queue -> queue.waiters().size()).sum();
    }
}
