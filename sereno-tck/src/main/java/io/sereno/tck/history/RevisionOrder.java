package io.sereno.tck.history;

import io.sereno.spi.CommitResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Checks whether commits that came one after another have revisions in that order, from their results alone: those to
 * one directory, and those to different ones.
 */
final class RevisionOrder {
    private record Event(long order, String directory, Operation operation, long revision, boolean isReturn) {}

    private RevisionOrder() {}

    static Optional<Violation> firstViolation(List<Operation> operations, Evidence evidence) {
        List<Event> events = events("", operations);
        events.sort(Comparator.comparingLong(Event::order));
        Event greatest = null;
        for (Event event : events) {
            if (event.isReturn()) {
                greatest = greatest == null || event.revision() > greatest.revision() ? event : greatest;
            } else if (greatest != null) {
                if (event.revision() <= greatest.revision()) {
                    return Optional.of(outOfOrder(event, greatest));
                }
                evidence.add("COM-6");
            }
        }
        return Optional.empty();
    }

    /** The same for each two commits to different directories. */
    static Optional<Violation> firstViolationOverDirectories(
            Map<String, List<Operation>> byDirectory, Evidence evidence) {
        List<Event> events = new ArrayList<>();
        byDirectory.forEach((directory, operations) -> events.addAll(events(directory, operations)));
        events.sort(Comparator.comparingLong(Event::order));
        Map<String, Event> greatest = new TreeMap<>();
        for (Event event : events) {
            if (event.isReturn()) {
                greatest.merge(
                        event.directory(), event, (one, other) -> one.revision() < other.revision() ? other : one);
                continue;
            }
            Optional<Event> before = greatest.values().stream()
                    .filter(other -> !other.directory().equals(event.directory()))
                    .max(Comparator.comparingLong(Event::revision));
            if (before.isPresent()) {
                if (event.revision() <= before.get().revision()) {
                    return Optional.of(outOfOrderOverDirectories(event, before.get()));
                }
                evidence.add("COM-14");
            }
        }
        return Optional.empty();
    }

    private static List<Event> events(String directory, List<Operation> operations) {
        List<Event> events = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.result().orElse(null) instanceof CommitResult.Committed committed
                    && committed.revision() > 0) {
                events.add(new Event(operation.begin(), directory, operation, committed.revision(), false));
                events.add(new Event(operation.end(), directory, operation, committed.revision(), true));
            }
        }
        return events;
    }

    private static Violation outOfOrderOverDirectories(Event event, Event before) {
        return new Violation(
                "COM-14",
                event.operation(),
                List.of(before.operation()),
                "the commit to directory '" + event.directory() + "' has revision " + event.revision()
                        + " although it was invoked after another, to directory '" + before.directory()
                        + "', had returned, at " + before.operation().returned() + ", with revision "
                        + before.revision(),
                "whether one counter gives the revisions of all directories; if not, do not promise"
                        + " STORE_WIDE_REVISIONS");
    }

    private static Violation outOfOrder(Event event, Event before) {
        return new Violation(
                        event.revision() == before.revision() ? "COM-5a" : "COM-6",
                        event.operation(),
                        List.of(before.operation()),
                        "the commit has revision " + event.revision()
                                + " although it was invoked after another had returned, at "
                                + before.operation().returned() + ", with revision " + before.revision(),
                        "whether revisions survive that a directory becomes empty, that a connection is made again, and that"
                                + " the server changes (COM-5b); and whether they are taken in the same atomic step as the"
                                + " writes")
                .alsoOf("COM-5b", "COM-6");
    }
}
