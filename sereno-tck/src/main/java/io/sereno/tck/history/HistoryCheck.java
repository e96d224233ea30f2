package io.sereno.tck.history;

import io.sereno.spi.CommitResult;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Checks whether the specification allows a history of the SPI.
 *
 * <p>The revisions give the order of the commits, so nothing has to be searched: 100,000 operations take a fraction of
 * a second. Operations without a revision are allowed for: commits of unknown outcome may have been applied at any
 * time, once, or not at all; leases may end from their ttl on; a conflict and a check are reads; commits that changed
 * nothing have no place in the order.
 *
 * <p><b>Guarantees.</b> A reported violation is impossible under the specification, whatever the unknown commits did.
 *
 * <p><b>Not seen.</b> If nobody ever saw a commit, its effects on several entries are judged separately. Whether a
 * lease ends too late is not judged here, since that takes a clock that nothing disturbs.
 */
public final class HistoryCheck {
    /** More violations would only repeat the same. */
    private static final int MOST_VIOLATIONS = 8;

    private final History history;
    private final Map<Long, LeaseLife> leases;
    private final Evidence evidence = new Evidence();
    private final Map<String, Violation> violations = new LinkedHashMap<>();

    private HistoryCheck(History history) {
        this.history = history;
        this.leases = LeaseLife.of(history);
    }

    /**
     * What was found.
     *
     * @param violations at most one for each rule, or set of rules, the first of each directory before the others
     * @param evidence by rule, how often the history could have broken it
     */
    public record Findings(List<Violation> violations, Map<String, Long> evidence) {
        /** Copies. */
        public Findings {
            violations = List.copyOf(violations);
            evidence = new TreeMap<>(evidence);
        }

        /** The violation of a rule, or of a part of it. */
        public Optional<Violation> of(String rule) {
            return violations.stream()
                    .filter(violation -> violation.rule().startsWith(rule))
                    .findFirst();
        }
    }

    /**
     * Checks a history.
     *
     * @param history of one namespace
     * @return what was found
     * @throws IllegalArgumentException if two commits of it put the same value to the same entry
     */
    public static Findings of(History history) {
        HistoryCheck check = new HistoryCheck(history);
        check.leases();
        check.directories();
        return check.findings();
    }

    /** Checks everything except what calls about leases alone say about each other. */
    static Findings ofDirectories(History history) {
        HistoryCheck check = new HistoryCheck(history);
        check.directories();
        return check.findings();
    }

    private Findings findings() {
        return new Findings(List.copyOf(violations.values()), evidence.counts());
    }

    private void directories() {
        Map<String, List<Operation>> byDirectory = new TreeMap<>();
        for (Operation operation : history.operations()) {
            operation
                    .directory()
                    .ifPresent(directory -> byDirectory
                            .computeIfAbsent(directory, unmet -> new ArrayList<>())
                            .add(operation));
        }
        byDirectory.values().forEach(this::directory);
        if (history.storeWideRevisions()) {
            RevisionOrder.firstViolationOverDirectories(byDirectory, evidence).ifPresent(this::add);
        }
    }

    private void directory(List<Operation> operations) {
        countFailed(operations);
        new TornCommits(operations, evidence).firstViolation().ifPresent(this::add);
        RevisionOrder.firstViolation(operations, evidence).ifPresent(this::add);
        List<Operation> left = operations;
        for (int i = 0; i < MOST_VIOLATIONS; i++) {
            Optional<Violation> violation;
            try {
                Timeline timeline = new Timeline(left, leases);
                DirectoryCheck check = new DirectoryCheck(timeline, history.snapshotReads(), evidence);
                violation = check.firstViolation();
                if (violation.isEmpty()) {
                    new WatchCheck(history, timeline, evidence).violations().forEach(this::add);
                    return;
                }
            } catch (Timeline.Broken broken) {
                violation = Optional.of(broken.violation());
            }
            add(violation.get());
            Optional<List<Operation>> rest = without(left, violation.get().culprit());
            if (rest.isEmpty()) {
                return;
            }
            left = rest.get();
        }
    }

    private void add(Violation violation) {
        // The first of each kind: other violations may differ.
        violations.putIfAbsent(violation.rule() + violation.also(), violation);
    }

    /**
     * The operations without what one of them read; empty if it is a commit that changed something and returned no
     * read.
     */
    private static Optional<List<Operation>> without(List<Operation> operations, Operation culprit) {
        if (culprit.isUnknown()) {
            return Optional.empty();
        }
        List<Operation> left = new ArrayList<>(operations);
        int place = left.indexOf(culprit);
        if (place < 0) {
            return Optional.empty();
        }
        if (culprit.result().orElse(null) instanceof CommitResult.Committed committed && committed.revision() > 0) {
            if (committed.snapshot().isEmpty()) {
                return Optional.empty();
            }
            left.set(
                    place,
                    culprit.with(
                            culprit.call(),
                            new Reply.Ended(new CommitResult.Committed(committed.revision(), Optional.empty()))));
        } else {
            left.remove(place);
        }
        return Optional.of(left);
    }

    private void countFailed(List<Operation> operations) {
        for (Operation operation : operations) {
            boolean failed = operation.commit().isPresent()
                    && !operation.isUnknown()
                    && !(operation.result().orElse(null) instanceof CommitResult.Committed)
                    && operation.commit().get().writes().stream().anyMatch(write -> write instanceof Write.Put);
            if (failed) {
                evidence.add("READ-2a");
            }
        }
    }

    /** What renewals and results say about leases among themselves. */
    private void leases() {
        for (Operation operation : history.operations()) {
            long id = operation.call() instanceof Call.Renew renew ? renew.leaseId() : LeaseLife.leaseOf(operation);
            LeaseLife lease = leases.get(id);
            if (lease == null) {
                continue;
            }
            boolean dead = operation.result().orElse(null) instanceof CommitResult.LeaseDead
                    || (operation.reply() instanceof Reply.Renewed renewed && !renewed.alive());
            if (dead && operation.end() < lease.earliestEnd) {
                add(Diagnosis.deadTooEarly(operation, lease));
            }
            if (lease.reportedDead == null || !lease.reportedDead.returnedBefore(operation)) {
                continue;
            }
            if (operation.call() instanceof Call.Renew) {
                evidence.add("LEA-6a");
                if (operation.reply() instanceof Reply.Renewed renewed && renewed.alive()) {
                    add(Diagnosis.usedWhenDead(
                            operation, lease.reportedDead, "LEA-6a", "lease " + Texts.lease(id) + " was renewed"));
                }
            } else {
                evidence.add("LEA-7b");
                if (operation.result().orElse(null) instanceof CommitResult.Committed) {
                    add(Diagnosis.usedWhenDead(
                            operation,
                            lease.reportedDead,
                            "LEA-7b",
                            "a commit under lease " + Texts.lease(id) + " went through"));
                }
            }
        }
    }
}
