package io.sereno.tck.history;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks whether the writes of a commit became visible together: once a read has shown one of them, later reads show
 * nothing older for the other entries. Needs no order of commits, so it also works where that order is broken.
 */
final class TornCommits {
    private record PutKey(String name, Bytes value) {}

    /**
     * No version of an entry older than this revision may be seen any more, since a read showed a part of this commit.
     */
    private record Floor(long revision, Operation commit, Operation shownBy) {}

    private record Event(long order, Operation operation, boolean isReturn) {}

    private final List<Operation> operations;
    private final Evidence evidence;
    private final Map<PutKey, Operation> writers = new HashMap<>();
    private final Map<String, Floor> floors = new HashMap<>();

    TornCommits(List<Operation> operations, Evidence evidence) {
        this.operations = operations;
        this.evidence = evidence;
        for (Operation operation : operations) {
            for (Write write : operation.commit().map(Commit::writes).orElse(List.of())) {
                if (write instanceof Write.Put put) {
                    writers.put(new PutKey(put.name(), put.value()), operation);
                }
            }
        }
    }

    Optional<Violation> firstViolation() {
        List<Event> events = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.snapshot().isPresent()) {
                events.add(new Event(operation.begin(), operation, false));
                events.add(new Event(operation.end(), operation, true));
            }
        }
        events.sort(Comparator.comparingLong(Event::order));
        for (Event event : events) {
            for (Entry entry : event.operation().snapshot().orElseThrow().entries()) {
                if (event.isReturn()) {
                    raise(event.operation(), entry);
                } else {
                    Floor floor = floors.get(entry.name());
                    if (floor != null && entry.modRevision() < floor.revision()) {
                        return Optional.of(torn(event.operation(), entry, floor));
                    }
                    if (floor != null) {
                        evidence.add("READ-2b");
                    }
                }
            }
        }
        return Optional.empty();
    }

    private void raise(Operation reader, Entry shown) {
        Operation writer = writers.get(new PutKey(shown.name(), shown.value()));
        if (writer == null) {
            return;
        }
        for (Write write : writer.commit().orElseThrow().writes()) {
            if (!write.name().equals(shown.name())) {
                Floor floor = new Floor(shown.modRevision(), writer, reader);
                floors.merge(write.name(), floor, (old, next) -> next.revision() > old.revision() ? next : old);
            }
        }
    }

    private static Violation torn(Operation reader, Entry entry, Floor floor) {
        return new Violation(
                "READ-2b",
                reader,
                List.of(floor.commit(), floor.shownBy()),
                "it shows " + Texts.entry(entry) + ", from before a commit of which another read, that had returned at "
                        + floor.shownBy().returned() + ", showed a part, at revision " + floor.revision(),
                "whether all writes of a commit become visible in one step, to all");
    }
}
