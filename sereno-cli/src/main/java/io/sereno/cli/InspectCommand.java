package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.UnreadableEntryException;
import io.sereno.operator.GroupView;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.operator.TopicView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description =
                "Shows who holds and who waits, in order; of a topic, its offsets and the lag of its durable readers; of a group, its members and their hosts. Exit code 1 if there is nothing to show.")
final class InspectCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Mixin
    Output output = new Output();

    @Parameters(paramLabel = "KIND/NAME", description = "As in lock/close-month.")
    String target = "";

    @Override
    public Integer call() {
        Resource resource = Target.parse(target, kind -> kind.isQueue() || kind == Kind.TOPIC || kind == Kind.GROUP);
        try (Sereno sereno = store.connect()) {
            return inspect(sereno.operator(), resource);
        } catch (UnreadableEntryException wrong) {
            throw new UnreadableEntryException(resource + " cannot be read: " + wrong.getMessage(), wrong);
        }
    }

    private Integer inspect(Operator operator, Resource resource) {
        if (resource.kind() == Kind.TOPIC) {
            return topic(operator.topic(resource));
        }
        if (resource.kind() == Kind.GROUP) {
            return group(resource, operator.group(resource));
        }
        Optional<QueueView> queue = operator.queue(resource);
        if (queue.isEmpty()) {
            System.err.println("sereno: nobody holds or awaits " + resource);
            return Exit.NOTHING;
        }
        queue(queue.get());
        return Exit.OK;
    }

    private void queue(QueueView queue) {
        boolean table = output.format == Output.Format.TABLE;
        List<List<Object>> rows = new ArrayList<>();
        if (table && queue.resource().kind() == Kind.PERMIT_POOL) {
            rows.add(List.of(
                    "LIMIT", queue.limit().isPresent() ? permits(queue.limit().getAsInt()) : "none that can be read"));
        }
        int number = 0;
        for (Seat seat : queue.seats()) {
            String place = seat.holds() ? "HOLDER" : "#" + ++number;
            rows.add(table ? shown(place, seat) : values(place, seat, queue.limit()));
        }
        output.print(
                List.of(
                        "place",
                        "node",
                        "host",
                        "since",
                        "firstToken",
                        "session",
                        "revision",
                        "weight",
                        "limit",
                        "ended",
                        "foreign"),
                rows);
    }

    private static List<Object> values(String place, Seat seat, OptionalInt limit) {
        return List.of(
                place,
                seat.nodeId(),
                seat.host(),
                seat.since().toString(),
                seat.firstToken().orElse(0),
                seat.session(),
                seat.createRevision(),
                seat.weight(),
                limit.orElse(0),
                isEnded(seat),
                seat.foreign());
    }

    private static List<Object> shown(String place, Seat seat) {
        return List.of(
                place,
                seat.nodeId(),
                "host " + seat.host(),
                "since " + Text.ago(seat.since(), Instant.now()) + " (its clock)",
                right(seat),
                session(seat),
                "revision " + seat.createRevision());
    }

    private static String session(Seat seat) {
        return seat.foreign()
                ? "no session: put by hand"
                : "session " + seat.session() + (isEnded(seat) ? " (ended)" : "");
    }

    private static boolean isEnded(Seat seat) {
        return !seat.foreign() && seat.sessionRevision() == 0;
    }

    private static String right(Seat seat) {
        if (seat.resource().kind() == Kind.PERMIT_POOL) {
            return seat.foreign() ? "all permits" : permits(seat.weight());
        }
        return seat.firstToken().isPresent()
                ? "tokens " + seat.firstToken().getAsLong() + ".."
                        + (seat.firstToken().getAsLong() + 1_023)
                : "no token";
    }

    private static String permits(int count) {
        return count + (count == 1 ? " permit" : " permits");
    }

    private Integer group(Resource resource, Optional<GroupView> found) {
        if (found.isEmpty()) {
            System.err.println("sereno: " + resource + " has no member");
            return Exit.NOTHING;
        }
        boolean table = output.format == Output.Format.TABLE;
        output.print(
                List.of("member", "node", "host", "since", "session", "ttl", "metadata", "ended"),
                found.get().members().stream()
                        .map(member -> table ? shown(member) : values(member))
                        .toList());
        return Exit.OK;
    }

    private static List<Object> values(GroupView.Listed member) {
        return List.of(
                member.id(),
                member.nodeId(),
                member.host(),
                member.since().toString(),
                member.session(),
                member.ttl().toMillis(),
                MembersCommand.metadata(member.metadata()),
                member.sessionRevision() == 0);
    }

    private static List<Object> shown(GroupView.Listed member) {
        return List.of(
                member.id(),
                member.nodeId(),
                "host " + member.host(),
                "since " + Text.ago(member.since(), Instant.now()) + " (its clock)",
                "session " + member.session() + (member.sessionRevision() == 0 ? " (ended)" : ""),
                MembersCommand.metadata(member.metadata()));
    }

    private Integer topic(Optional<TopicView> found) {
        if (found.isEmpty()) {
            System.err.println("sereno: there is no topic of that name");
            return Exit.NOTHING;
        }
        TopicView topic = found.get();
        List<List<Object>> rows = new ArrayList<>();
        rows.add(List.of("TOPIC", topic.low(), topic.next(), topic.next() - topic.low(), ""));
        for (TopicView.Reader reader : topic.readers()) {
            rows.add(List.of(
                    reader.name(),
                    topic.low(),
                    reader.next(),
                    reader.lag(),
                    reader.active().map(Seat::nodeId).orElse("nobody reads")));
        }
        if (output.format == Output.Format.TABLE) {
            rows.add(0, List.of("", "low", "next", "lag", "reads"));
        }
        output.print(List.of("name", "low", "next", "lag", "reads"), rows);
        return Exit.OK;
    }
}
