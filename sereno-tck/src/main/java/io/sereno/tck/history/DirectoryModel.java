package io.sereno.tck.history;

import io.sereno.spi.Bytes;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One directory as a {@link Model}: the data model of the specification, sentence by sentence, for a search. It is a
 * second opinion beside {@link HistoryCheck} on histories that are small enough; the two share only the history.
 */
final class DirectoryModel implements Model<DirectoryModel.State, DirectoryModel.Action> {
    /** What happens at one moment. */
    sealed interface Action {
        /** A commit is applied; revision 0: unknown, and seen by nobody. */
        record Apply(Operation operation, io.sereno.spi.Commit commit, long revision) implements Action {}

        /** A commit succeeds and changes nothing. */
        record Pass(Operation operation, io.sereno.spi.Commit commit) implements Action {}

        /** A commit's conditions do not hold. */
        record Refuse(Operation operation, io.sereno.spi.Commit commit) implements Action {}

        /** Entries are read, by a read or by the snapshot that a commit returned; empty: the entry is absent. */
        record Look(Operation operation, Map<String, Optional<Entry>> entries) implements Action {}

        /** A lease ends. */
        record EndLease(long id) implements Action {}
    }

    private record Slot(Bytes value, long createRevision, long modRevision, long lease) {}

    /**
     * The state of the directory.
     *
     * @param entries by name
     * @param ended leases that have ended
     * @param last revision of the last commit of known revision
     * @param decided the commits that were decided and returned with a snapshot
     */
    record State(Map<String, Slot> entries, Set<Long> ended, long last, Set<Integer> decided) {
        State decided(Operation operation) {
            if (operation.snapshot().isEmpty()) {
                return this;
            }
            Set<Integer> more = new HashSet<>(decided);
            more.add(operation.id());
            return new State(entries, ended, last, Set.copyOf(more));
        }
    }

    private final Map<String, Map<Long, Long>> reportedCreations = new HashMap<>();
    private final Set<Long> revisions = new HashSet<>();
    private final List<Linearizability.Call<Action>> calls = new ArrayList<>();
    private boolean contradiction;

    private DirectoryModel() {}

    /** Whether the specification allows a history of one directory, with a budget for the search. */
    static Linearizability.Verdict check(History history, long budget) {
        DirectoryModel model = new DirectoryModel();
        model.read(history);
        if (model.contradiction) {
            return Linearizability.Verdict.IMPOSSIBLE;
        }
        return Linearizability.check(model.calls, model, budget).verdict();
    }

    private void read(History history) {
        Map<Operation, Long> seen = new HashMap<>();
        Set<String> names = new HashSet<>();
        for (Operation operation : history.operations()) {
            operation.commit().ifPresent(commit -> {
                commit.conditions().forEach(condition -> names.add(condition.name()));
                commit.writes().forEach(write -> names.add(write.name()));
            });
            operation
                    .snapshot()
                    .ifPresent(snapshot -> snapshot.entries().forEach(entry -> {
                        names.add(entry.name());
                        sight(history, entry, seen);
                    }));
        }
        for (Operation operation : history.operations()) {
            if (operation.commit().isPresent()) {
                commit(operation, operation.commit().get(), seen);
            }
            operation.snapshot().ifPresent(snapshot -> look(history, operation, snapshot, names));
        }
        leases(history);
    }

    private void sight(History history, Entry entry, Map<Operation, Long> seen) {
        Long create = reportedCreations
                .computeIfAbsent(entry.name(), unmet -> new HashMap<>())
                .putIfAbsent(entry.modRevision(), entry.createRevision());
        contradiction |= create != null && create != entry.createRevision();
        contradiction |= entry.createRevision() > entry.modRevision();
        for (Operation operation : history.operations()) {
            boolean writer = operation.commit().stream()
                    .flatMap(commit -> commit.writes().stream())
                    .anyMatch(write -> write instanceof Write.Put put
                            && put.name().equals(entry.name())
                            && put.value().equals(entry.value()));
            if (writer && operation.isUnknown()) {
                Long before = seen.putIfAbsent(operation, entry.modRevision());
                contradiction |= before != null && before != entry.modRevision();
            }
        }
    }

    private void commit(Operation operation, io.sereno.spi.Commit commit, Map<Operation, Long> seen) {
        long end = operation.isUnknown() ? Long.MAX_VALUE : operation.end();
        if (operation.isUnknown()) {
            long revision = seen.getOrDefault(operation, 0L);
            if (revision != 0) {
                revisions.add(revision);
            }
            add(operation, end, new Action.Apply(operation, commit, revision));
        } else if (operation.result().orElse(null) instanceof CommitResult.Committed committed) {
            if (committed.revision() == 0) {
                boolean puts = commit.writes().stream().anyMatch(write -> write instanceof Write.Put);
                contradiction |= puts;
                add(operation, end, new Action.Pass(operation, commit));
            } else {
                revisions.add(committed.revision());
                add(operation, end, new Action.Apply(operation, commit, committed.revision()));
            }
        } else if (operation.result().orElse(null) instanceof CommitResult.Conflict) {
            add(operation, end, new Action.Refuse(operation, commit));
        }
    }

    private void look(History history, Operation operation, Snapshot snapshot, Set<String> names) {
        Query query = operation.call() instanceof Call.Read read
                ? read.query()
                : operation.commit().orElseThrow().returning().orElseThrow();
        if (!(query instanceof Query.All)) {
            throw new IllegalArgumentException(
                    "the second opinion knows reads of a whole directory only, not " + query);
        }
        Map<String, Optional<Entry>> entries = new HashMap<>();
        names.forEach(name -> entries.put(name, Optional.empty()));
        snapshot.entries().forEach(entry -> entries.put(entry.name(), Optional.of(entry)));
        if (history.snapshotReads()) {
            add(operation, operation.end(), new Action.Look(operation, entries));
        } else {
            entries.forEach(
                    (name, entry) -> add(operation, operation.end(), new Action.Look(operation, Map.of(name, entry))));
        }
    }

    /** Ends of leases are calls that no client made; a revoked lease must end. */
    private void leases(History history) {
        for (LeaseLife lease : LeaseLife.of(history).values()) {
            if (lease.earliestEnd != Long.MAX_VALUE) {
                calls.add(new Linearizability.Call<>(
                        "store", lease.earliestEnd, lease.revoked, new Action.EndLease(lease.id)));
            }
        }
    }

    private void add(Operation operation, long end, Action action) {
        calls.add(new Linearizability.Call<>(operation.client(), operation.begin(), end, action));
    }

    @Override
    public State initial() {
        return new State(Map.of(), Set.of(), 0, Set.of());
    }

    @Override
    public Optional<State> step(State state, Action action) {
        if (action instanceof Action.Apply apply) {
            return apply(state, apply);
        }
        if (action instanceof Action.Pass pass) {
            boolean nothing = pass.commit().writes().stream()
                    .noneMatch(write -> state.entries().containsKey(write.name()));
            return nothing && hold(state, pass.commit())
                    ? Optional.of(state.decided(pass.operation()))
                    : Optional.empty();
        }
        if (action instanceof Action.Refuse refuse) {
            return hold(state, refuse.commit()) ? Optional.empty() : Optional.of(state.decided(refuse.operation()));
        }
        if (action instanceof Action.Look look) {
            if (look.operation().commit().isPresent()
                    && !state.decided().contains(look.operation().id())) {
                return Optional.empty();
            }
            boolean so = look.entries().entrySet().stream()
                    .allMatch(shown -> matches(state.entries().get(shown.getKey()), shown.getValue()));
            return so ? Optional.of(state) : Optional.empty();
        }
        return action instanceof Action.EndLease end ? endLease(state, end.id()) : Optional.empty();
    }

    private static boolean hold(State state, io.sereno.spi.Commit commit) {
        return commit.conditions().stream()
                .allMatch(condition -> holds(state.entries().get(condition.name()), condition));
    }

    private static boolean holds(@Nullable Slot slot, Condition condition) {
        if (condition instanceof Condition.Absent) {
            return slot == null;
        }
        if (slot == null) {
            return false;
        }
        if (condition instanceof Condition.CreateRevision created) {
            return slot.createRevision() == created.revision();
        }
        return !(condition instanceof Condition.ModRevision modified) || slot.modRevision() == modified.revision();
    }

    private static boolean matches(@Nullable Slot slot, Optional<Entry> shown) {
        if (slot == null || shown.isEmpty()) {
            return slot == null && shown.isEmpty();
        }
        Entry entry = shown.get();
        return slot.value().equals(entry.value())
                && slot.createRevision() == entry.createRevision()
                && slot.modRevision() == entry.modRevision()
                && slot.lease() == entry.leaseId();
    }

    private Optional<State> apply(State state, Action.Apply apply) {
        long revision = apply.revision();
        if (!hold(state, apply.commit()) || (revision != 0 && revision <= state.last())) {
            return Optional.empty();
        }
        // This is where the commit first becomes visible. A ghost has a revision of its own, which no known number
        // stands for.
        long own = revision == 0 ? -1 - apply.operation().id() : revision;
        Map<String, Slot> entries = new HashMap<>(state.entries());
        boolean changed = false;
        for (Write write : apply.commit().writes()) {
            if (write instanceof Write.Put put) {
                if (state.ended().contains(put.leaseId())) {
                    return Optional.empty();
                }
                Slot before = entries.get(put.name());
                long created = before == null ? own : before.createRevision();
                Long reported =
                        reportedCreations.getOrDefault(put.name(), Map.of()).get(revision);
                if (created < 0 && reported != null && revision != 0) {
                    boolean afterThatPut =
                            before != null && before.modRevision() > 0 && reported >= before.modRevision();
                    if (revisions.contains(reported) || reported <= 0 || afterThatPut) {
                        return Optional.empty();
                    }
                    created = reported;
                }
                entries.put(put.name(), new Slot(put.value(), created, own, put.leaseId()));
                changed = true;
            } else {
                changed |= entries.remove(write.name()) != null;
            }
        }
        if (revision != 0 && !changed) {
            return Optional.empty();
        }
        return Optional.of(
                new State(Map.copyOf(entries), state.ended(), Math.max(state.last(), revision), state.decided())
                        .decided(apply.operation()));
    }

    private static Optional<State> endLease(State state, long id) {
        Map<String, Slot> entries = new HashMap<>(state.entries());
        entries.values().removeIf(slot -> slot.lease() == id);
        Set<Long> ended = new HashSet<>(state.ended());
        ended.add(id);
        return Optional.of(new State(Map.copyOf(entries), Set.copyOf(ended), state.last(), state.decided()));
    }
}
