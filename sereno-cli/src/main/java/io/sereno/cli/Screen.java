package io.sereno.cli;

import io.sereno.operator.QueueView;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.operator.TopicView;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The lines that {@code sereno top} shows. */
final class Screen {
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String BOLD = "\u001b[1m";
    private static final String RED = "\u001b[31m";
    private static final String PLAIN = "\u001b[0m";

    private static final int MOST_OF_A_COLUMN = 36;

    private final int width;
    private final int height;
    private final boolean styled;
    private final List<String> lines = new ArrayList<>();

    /** {@code styled}: with what makes a terminal print in bold and in red. */
    Screen(int width, int height, boolean styled) {
        this.width = width;
        this.height = height;
        this.styled = styled;
    }

    /** At most the height of the screen, and none is wider. */
    List<String> show(String store, Overview overview, Refresh.Failure failure) {
        String clock = CLOCK.format(overview.at().atZone(ZoneId.systemDefault()));
        add(
                store + "   " + overview.sessions().size() + " sessions, " + overview.held() + " held, "
                        + overview.waiting() + " waiting   "
                        + "read at " + clock,
                BOLD);
        if (!failure.what().isEmpty()) {
            add(failure.what() + " (what is shown was read at " + clock + "): " + failure.message(), RED);
        }
        overview.deadlocks()
                .forEach(circle -> add(
                        "suspected deadlock: "
                                + circle.stream()
                                        .map(edge -> edge.waiting().nodeId() + " waits for "
                                                + edge.ahead().nodeId() + " in "
                                                + edge.ahead().resource())
                                        .collect(Collectors.joining("; ")),
                        RED));
        table(
                List.of("HELD OR AWAITED", "HOLDER", "HOST", "SINCE", "WAIT"),
                overview.queues().stream()
                        .map(queue -> queue(queue, overview.at()))
                        .toList());
        table(
                List.of("TOPIC", "NEXT", "LARGEST LAG", "READERS"),
                Stream.concat(
                                overview.topics().stream().map(Screen::topic),
                                overview.unreadable().stream()
                                        .map(topic -> List.of(
                                                topic.topic().toString(), "", "", "unreadable: " + topic.why())))
                        .toList());
        if (overview.moreTopics() > 0) {
            add(overview.moreTopics() + " more topics; sereno ls topic shows their names", BOLD);
        }
        table(
                List.of("MEMBERS OF", "COUNT", "WHO"),
                overview.members().entrySet().stream()
                        .map(group -> List.of(
                                group.getKey(),
                                Integer.toString(group.getValue().size()),
                                String.join(" ", group.getValue())))
                        .toList());
        table(
                List.of("SESSION", "NODE", "HOST", "PID", "SINCE", "HAS"),
                overview.sessions().stream()
                        .map(session -> session(session, overview.at()))
                        .toList());
        if (lines.size() > height) {
            int hidden = lines.size() - height + 1;
            lines.subList(height - 1, lines.size()).clear();
            add(hidden + " more lines; sereno ls, inspect and sessions show all", BOLD);
        }
        return lines;
    }

    private static List<String> queue(QueueView queue, Instant now) {
        List<Seat> holders = queue.holders();
        if (holders.isEmpty()) {
            return List.of(
                    queue.resource() + given(queue),
                    "",
                    "",
                    "",
                    Integer.toString(queue.waiters().size()));
        }
        Seat first = holders.get(0);
        String others = holders.size() > 1 ? " and " + (holders.size() - 1) + " more" : "";
        return List.of(
                queue.resource() + given(queue),
                (first.foreign() ? "put by hand" : first.nodeId()) + others,
                first.host(),
                Text.ago(first.since(), now),
                Integer.toString(queue.waiters().size()));
    }

    /** How many of the permits of a pool are given; empty for other kinds. */
    private static String given(QueueView queue) {
        if (queue.limit().isEmpty()) {
            return "";
        }
        long given = queue.holders().stream().mapToLong(Seat::weight).sum();
        return " (" + given + " of " + queue.limit().getAsInt() + ")";
    }

    private static List<String> topic(TopicView topic) {
        long lag =
                topic.readers().stream().mapToLong(TopicView.Reader::lag).max().orElse(0);
        return List.of(
                topic.resource().toString(),
                Long.toString(topic.next()),
                topic.readers().isEmpty() ? "" : Long.toString(lag),
                topic.readers().stream().map(TopicView.Reader::name).collect(Collectors.joining(" ")));
    }

    private static List<String> session(SessionView session, Instant now) {
        return List.of(
                session.id(),
                session.nodeId() + (session.markerRevision() == 0 ? " (ended)" : ""),
                session.host(),
                session.pid().isPresent() ? Long.toString(session.pid().getAsLong()) : "",
                Text.duration(Duration.between(session.since(), now)),
                session.holdings().stream()
                        .map(holding -> holding.role() + " " + holding.resource())
                        .collect(Collectors.joining(", ")));
    }

    /** Nothing at all without rows. */
    private void table(List<String> head, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        List<List<String>> all = new ArrayList<>();
        all.add(head);
        // One long name must not push all other columns off the screen.
        rows.forEach(row -> all.add(row.stream()
                .map(cell -> row.indexOf(cell) == row.size() - 1 ? cell : cut(cell, MOST_OF_A_COLUMN))
                .toList()));
        List<String> columns = Text.columns(all);
        add("", "");
        add(columns.get(0), BOLD);
        columns.subList(1, columns.size()).forEach(line -> add(line, ""));
    }

    /** Escapes what would control the terminal, and cuts what would not fit. */
    private void add(String text, String style) {
        String cut = cut(text, width);
        lines.add(styled && !style.isEmpty() ? style + cut + PLAIN : cut);
    }

    private static String cut(String text, int width) {
        String line = Text.printable(text);
        return Text.width(line) <= width ? line : Text.begin(line, Math.max(0, width - 1)) + "~";
    }
}
