package io.sereno.tck.history;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Removes everything from a history that has nothing to do with a violation, without running anything again: the rest
 * still breaks the same rule at the same operation, and is described by the same sentence, with its times and
 * revisions. First the reads are removed, then whole entries, then commits that nobody saw, then all other operations
 * that can be left out.
 */
public final class Shrinker {
    /** Takes some seconds. */
    private static final long BUDGET = 2_000_000;

    private final String rule;
    private final int culprit;
    private final String seen;
    private final Set<Integer> others = new HashSet<>();
    /** How much may still be checked, in operations. */
    private long budget;

    private Shrinker(Violation violation) {
        this.rule = violation.rule();
        this.culprit = violation.culprit().id();
        this.seen = violation.seen();
        violation.others().forEach(other -> others.add(other.id()));
        this.budget = BUDGET;
    }

    /**
     * Shrinks a history until nothing more can be left out.
     *
     * @param history that breaks a rule
     * @param violation which rule and where, as {@link HistoryCheck} found it
     * @return the same with less in it
     */
    public static History shrink(History history, Violation violation) {
        return new Shrinker(violation).shrink(history);
    }

    private History shrink(History history) {
        Operation culpritOperation = history.operations().stream()
                .filter(operation -> operation.id() == culprit)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the history has no operation #" + culprit));
        Optional<String> directory = culpritOperation.directory();
        History smaller = tried(
                history,
                operation -> operation.directory().isPresent()
                        && !operation.directory().equals(directory));
        smaller = tried(smaller, operation -> operation.begin() > culpritOperation.end());
        int size;
        do {
            size = smaller.operations().size();
            smaller = inPortions(smaller, Shrinker::onlyLooked);
            smaller = withoutSnapshots(smaller);
            smaller = withoutNames(smaller);
            smaller = inPortions(smaller, unseenWrites(smaller));
            smaller = inPortions(smaller, operation -> !others.contains(operation.id()));
        } while (smaller.operations().size() < size && budget > 0);
        return withNoticesOf(smaller);
    }

    private boolean stillBroken(History history) {
        budget -= history.operations().size();
        if (budget < 0) {
            return false;
        }
        return HistoryCheck.of(history).violations().stream()
                .anyMatch(violation -> violation.rule().equals(rule)
                        && violation.culprit().id() == culprit
                        && violation.seen().equals(seen));
    }

    private History tried(History history, Predicate<Operation> dropped) {
        History smaller = history.without(dropped.and(operation -> operation.id() != culprit));
        return smaller.operations().size() < history.operations().size() && stillBroken(smaller) ? smaller : history;
    }

    /** Drops as many of the candidates as possible, first in halves, then in quarters, down to single ones. */
    private History inPortions(History history, Predicate<Operation> candidates) {
        History smaller = history;
        List<Operation> left = smaller.operations().stream()
                .filter(candidates)
                .filter(operation -> operation.id() != culprit)
                .toList();
        for (int portion = left.size(); portion >= 1; portion = portion == 1 ? 0 : (portion + 1) / 2) {
            List<Operation> kept = new ArrayList<>();
            for (int from = 0; from < left.size(); from += portion) {
                List<Operation> some = left.subList(from, Math.min(left.size(), from + portion));
                Set<Operation> dropped = new HashSet<>(some);
                History without = tried(smaller, dropped::contains);
                if (without.operations().size() == smaller.operations().size()) {
                    kept.addAll(some);
                }
                smaller = without;
            }
            left = kept;
        }
        return smaller;
    }

    private static boolean onlyLooked(Operation operation) {
        if (operation.call() instanceof Call.Read) {
            return true;
        }
        if (operation.commit().isEmpty() || operation.isUnknown()) {
            return false;
        }
        return !(operation.result().orElse(null) instanceof CommitResult.Committed committed)
                || committed.revision() == 0;
    }

    /** Commits that only put, that no read shows and no condition names, and that depend on nothing. */
    private static Predicate<Operation> unseenWrites(History history) {
        Set<Bytes> seen = new HashSet<>();
        Set<Long> named = new HashSet<>();
        for (Operation operation : history.operations()) {
            operation
                    .snapshot()
                    .ifPresent(snapshot -> snapshot.entries().forEach(entry -> {
                        seen.add(entry.value());
                        named.add(entry.createRevision());
                    }));
            operation
                    .commit()
                    .ifPresent(commit -> commit.conditions().forEach(condition -> {
                        if (condition instanceof Condition.ModRevision modified) {
                            named.add(modified.revision());
                        } else if (condition instanceof Condition.CreateRevision created) {
                            named.add(created.revision());
                        }
                    }));
        }
        return operation -> operation.commit().isPresent()
                && operation.commit().get().conditions().isEmpty()
                && operation.result().orElse(null) instanceof CommitResult.Committed committed
                && !named.contains(committed.revision())
                && operation.commit().get().writes().stream()
                        .allMatch(write ->
                                write instanceof Write.Put put && put.leaseId() == 0 && !seen.contains(put.value()));
    }

    private History withoutSnapshots(History history) {
        History smaller = history;
        for (Operation operation : history.operations()) {
            if (operation.id() != culprit
                    && operation.commit().isPresent()
                    && operation.snapshot().isPresent()) {
                smaller = replaced(smaller, operation, operation.with(operation.call(), bare(operation)));
            }
        }
        return smaller;
    }

    private static Reply bare(Operation operation) {
        return new Reply.Ended(
                operation.result().orElseThrow() instanceof CommitResult.Committed committed
                        ? new CommitResult.Committed(committed.revision(), Optional.empty())
                        : new CommitResult.Conflict(Optional.empty()));
    }

    private History replaced(History history, Operation before, Operation after) {
        List<Operation> operations = new ArrayList<>(history.operations());
        operations.set(operations.indexOf(before), after);
        History smaller = history.withOperations(operations);
        return stillBroken(smaller) ? smaller : history;
    }

    private History withoutNames(History history) {
        Set<String> names = new TreeSet<>();
        for (Operation operation : history.operations()) {
            operation.commit().ifPresent(commit -> {
                commit.conditions().forEach(condition -> names.add(condition.name()));
                commit.writes().forEach(write -> names.add(write.name()));
            });
        }
        History smaller = history;
        for (String name : names) {
            History without = without(smaller, name);
            if (stillBroken(without)) {
                smaller = without;
            }
        }
        return smaller;
    }

    /** Removes an entry everywhere. A conflict that may have been about the entry is removed with it. */
    private static History without(History history, String name) {
        List<Operation> kept = new ArrayList<>();
        for (Operation operation : history.operations()) {
            without(operation, name).ifPresent(kept::add);
        }
        return history.withOperations(kept);
    }

    private static Optional<Operation> without(Operation operation, String name) {
        if (operation.call() instanceof Call.Read read) {
            boolean one =
                    read.query() instanceof Query.One asked && asked.name().equals(name);
            return one
                    ? Optional.empty()
                    : Optional.of(operation.with(operation.call(), without(operation.reply(), name)));
        }
        if (operation.commit().isEmpty()) {
            return Optional.of(operation);
        }
        Commit commit = operation.commit().get();
        boolean named = commit.conditions().stream()
                .anyMatch(condition -> condition.name().equals(name));
        if (named && operation.result().orElse(null) instanceof CommitResult.Conflict) {
            return Optional.empty();
        }
        List<Condition> conditions = commit.conditions().stream()
                .filter(condition -> !condition.name().equals(name))
                .toList();
        List<Write> writes = commit.writes().stream()
                .filter(write -> !write.name().equals(name))
                .toList();
        boolean changed =
                operation.result().orElse(null) instanceof CommitResult.Committed committed && committed.revision() > 0;
        if (writes.isEmpty()
                && (changed || operation.isUnknown())
                && !commit.writes().isEmpty()) {
            return Optional.empty();
        }
        boolean deletesLeft = changed && writes.stream().noneMatch(write -> write instanceof Write.Put);
        if (deletesLeft && writes.size() < commit.writes().size()) {
            // The rest of the commit may have deleted nothing, and would then be blamed for having a revision.
            return Optional.empty();
        }
        Commit smaller = new Commit(commit.directory(), conditions, writes, commit.returning());
        return Optional.of(operation.with(new Call.Commit(smaller), without(operation.reply(), name)));
    }

    private static Reply without(Reply reply, String name) {
        if (reply instanceof Reply.Found found) {
            return new Reply.Found(without(found.snapshot(), name));
        }
        if (reply instanceof Reply.Ended ended) {
            if (ended.result() instanceof CommitResult.Committed committed) {
                return new Reply.Ended(new CommitResult.Committed(
                        committed.revision(), committed.snapshot().map(snapshot -> without(snapshot, name))));
            }
            if (ended.result() instanceof CommitResult.Conflict conflict) {
                return new Reply.Ended(
                        new CommitResult.Conflict(conflict.snapshot().map(snapshot -> without(snapshot, name))));
            }
        }
        return reply;
    }

    private static Snapshot without(Snapshot snapshot, String name) {
        List<Entry> entries = snapshot.entries().stream()
                .filter(entry -> !entry.name().equals(name))
                .toList();
        return new Snapshot(entries, snapshot.more());
    }

    /** Keeps the notices during which a remaining operation was invoked, and the faults that were active meanwhile. */
    private History withNoticesOf(History history) {
        long first =
                history.operations().stream().mapToLong(Operation::begin).min().orElse(0) / Operation.ROOM;
        long last = history.operations().stream()
                        .mapToLong(operation -> operation.returned() == null ? operation.begin() : operation.end())
                        .max()
                        .orElse(0)
                / Operation.ROOM;
        // Notices after a change that was never reported are part of the story.
        long since = history.operations().stream()
                        .filter(operation ->
                                operation.id() == culprit && operation.commit().isPresent())
                        .mapToLong(Operation::begin)
                        .findFirst()
                        .orElse(Long.MAX_VALUE)
                / Operation.ROOM;
        Set<Integer> watches = new HashSet<>();
        Set<Integer> received = new HashSet<>();
        for (Operation operation : history.operations()) {
            received.add(operation.notice());
            if (operation.call() instanceof Call.OpenWatch open) {
                watches.add(open.watch());
            }
        }
        List<History.Notice> notices = history.notices().stream()
                .filter(notice -> received.contains(notice.id())
                        || (watches.contains(notice.watch()) && notice.at().order() >= since))
                .toList();
        List<History.Fault> faults = history.faults().stream()
                .filter(fault -> fault.to().order() >= first && fault.from().order() <= last)
                .toList();
        return new History(
                history.operations(), notices, faults, history.snapshotReads(), history.storeWideRevisions());
    }
}
