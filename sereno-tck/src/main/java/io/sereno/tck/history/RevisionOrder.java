package io.sereno.tck.history;

import io.sereno.spi.CommitResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Checks whether commits to one directory that came one after another have revisions in that order, from their results
 * alone.
 */
final class RevisionOrder {
    private record Event(long order, Operation operation, long revision, boolean isReturn) {}

    private RevisionOrder() {}

    static Optional<Violation> firstViolation(List<Operation> operations, Evidence evidence) {
        List<Event> events = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.result().orElse(null) instanceof CommitResult.Committed committed
                    && committed.revision() > 0) {
                events.add(new Event(operation.begin(), operation, committed.revision(), false));
                events.add(new Event(operation.end(), operation, committed.revision(), true));
            }
        }
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
