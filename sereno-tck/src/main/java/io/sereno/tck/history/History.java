package io.sereno.tck.history;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What several clients of one namespace did, and the answers that they received.
 *
 * <p>No two of its puts may write the same value to the same entry: the value identifies the put that a read shows. A
 * {@link Workload} ensures that.
 *
 * @param operations in the order of their ids; some may have been left out
 * @param notices of all watches, in the order of their delivery
 * @param faults that were injected meanwhile; for pages, not for checking
 * @param snapshotReads whether the store promises that a read shows one moment
 * @param storeWideRevisions whether the store promises that revisions increase over all directories
 */
public record History(
        List<Operation> operations,
        List<Notice> notices,
        List<Fault> faults,
        boolean snapshotReads,
        boolean storeWideRevisions) {
    /** Copies. */
    public History {
        operations = List.copyOf(operations);
        notices = List.copyOf(notices);
        faults = List.copyOf(faults);
    }

    /**
     * A notice of a watch.
     *
     * @param id its place among the notices of the history
     * @param watch the number of the watch
     * @param name of the entry; empty for a reset
     * @param revision as reported; 0 if none was
     * @param at when the listener was called
     */
    public record Notice(int id, int watch, Optional<String> name, long revision, Moment at) {}

    /**
     * A fault that was injected into the clients, the network or the store.
     *
     * @param what in a few words
     * @param client that is affected; empty for all
     * @param from when it began
     * @param to when it ended
     */
    public record Fault(String what, Optional<String> client, Moment from, Moment to) {}

    /**
     * How many commits of unknown outcome have been applied for certain: a read shows what one of them put. One pass over
     * the history, whatever is wrong with it.
     */
    public long unknownAndSeen() {
        Map<Version, Integer> unknown = new HashMap<>();
        for (Operation operation : operations) {
            if (operation.isUnknown() && operation.commit().isPresent()) {
                Commit commit = operation.commit().get();
                for (Write write : commit.writes()) {
                    if (write instanceof Write.Put put) {
                        unknown.put(new Version(commit.directory(), put.name(), put.value()), operation.id());
                    }
                }
            }
        }
        Set<Integer> seen = new HashSet<>();
        for (Operation operation : operations) {
            if (operation.snapshot().isPresent()) {
                String directory = operation.directory().orElseThrow();
                for (Entry entry : operation.snapshot().get().entries()) {
                    Integer writer = unknown.get(new Version(directory, entry.name(), entry.value()));
                    if (writer != null) {
                        seen.add(writer);
                    }
                }
            }
        }
        return seen.size();
    }

    /** What one put wrote; no other put of a history writes the same. */
    private record Version(String directory, String name, Bytes value) {}

    History withOperations(List<Operation> others) {
        return new History(others, notices, faults, snapshotReads, storeWideRevisions);
    }

    History without(Predicate<Operation> dropped) {
        List<Operation> kept = new ArrayList<>();
        for (Operation operation : operations) {
            if (!dropped.test(operation)) {
                kept.add(operation);
            }
        }
        return withOperations(kept);
    }
}
