package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.UnreadableEntryException;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Resource;
import io.sereno.operator.SessionView;
import io.sereno.operator.SessionView.Role;
import io.sereno.operator.TopicView;
import io.sereno.operator.WaitForGraph.Edge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that a namespace and its children show, read one after another.
 *
 * @param queues of those that hold or wait, the longest first
 * @param topics at most {@link #MOST_TOPICS} with those that are unreadable, since each is a request; by name
 * @param unreadable topics that cannot be read, by name
 * @param moreTopics how many topics there are beyond these
 * @param sessions without that of this process
 * @param deadlocks suspected ones: circles of clients that wait for each other
 */
record Overview(
        Instant at,
        List<QueueView> queues,
        List<TopicView> topics,
        List<Unreadable> unreadable,
        int moreTopics,
        List<SessionView> sessions,
        List<List<Edge>> deadlocks) {
    static final int MOST_TOPICS = 100;

    /** A topic that another program, or another version, has written to. */
    record Unreadable(Resource topic, String why) {}

    static Overview read(Sereno sereno, Deadlocks deadlocks) throws InterruptedException {
        Operator operator = sereno.operator();
        List<QueueView> queues = operator.queues().stream()
                .filter(queue -> queue.resource().kind() != Kind.READER) // A topic shows its readers.
                .sorted(Comparator.comparing(
                                (QueueView queue) -> -queue.waiters().size())
                        .thenComparing(queue -> queue.resource().toString()))
                .toList();
        List<Resource> names = operator.resources(Kind.TOPIC)
                .sorted(Comparator.comparing(Resource::toString))
                .toList();
        List<TopicView> topics = new ArrayList<>();
        List<Unreadable> unreadable = new ArrayList<>();
        for (Resource name : names.subList(0, Math.min(names.size(), MOST_TOPICS))) {
            try {
                operator.topic(name).ifPresent(topics::add);
            } catch (UnreadableEntryException wrong) {
                unreadable.add(new Unreadable(name, String.valueOf(wrong.getMessage())));
            }
        }
        List<SessionView> sessions = operator.sessions().stream()
                .filter(session -> !session.nodeId().equals(sereno.nodeId()))
                .toList();
        return new Overview(
                Instant.now(),
                queues,
                topics,
                unreadable,
                Math.max(0, names.size() - MOST_TOPICS),
                sessions,
                deadlocks.among(queues, operator));
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
