package io.sereno.tck.history;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Small histories of one directory, as a correct store makes them, and the same with one thing or another changed. */
final class SmallHistories {
    private static final String DIRECTORY = "d";
    private static final List<String> NAMES = List.of("a", "b", "l");
    private static final String LEASED = "l";
    private static final long STEP = 1_000;

    private final Random random;
    private final boolean snapshotReads;
    private final int operationsWanted;
    private final int clients;

    // The store.
    private final TreeMap<String, Entry> store = new TreeMap<>();
    private final Map<Long, Long> deadlines = new HashMap<>();
    private long revision;

    // The record.
    private final List<Operation> operations = new ArrayList<>();
    private long order;
    private int lastValue;
    private long lastLease;

    /** Revisions that some client has seen. */
    private final List<Entry> known = new ArrayList<>();

    private final List<Open> open = new ArrayList<>();

    /** An operation under way. */
    private final class Open {
        final int id;
        final String client;
        final boolean reported;
        /** How far a read that is no snapshot has come. */
        int place;

        boolean effective;
        boolean never;
        boolean returned;

        @Nullable
        Reply reply;

        final List<Entry> found = new ArrayList<>();

        Open(int id, String client, boolean reported) {
            this.id = id;
            this.client = client;
            this.reported = reported;
            this.never = !reported && random.nextInt(3) == 0;
        }
    }

    private SmallHistories(Random random, int operationsWanted, int clients) {
        this.random = random;
        this.snapshotReads = random.nextBoolean();
        this.operationsWanted = operationsWanted;
        this.clients = clients;
    }

    /** A history of a store that keeps all rules. */
    static History correct(Random random, int operations, int clients) {
        return new SmallHistories(random, operations, clients).run();
    }

    private History run() {
        while (operations.size() < operationsWanted || open.stream().anyMatch(op -> !op.returned)) {
            switch (random.nextInt(5)) {
                case 0, 1 -> invoke();
                case 2 -> effect();
                case 3 -> finish();
                default -> expire();
            }
        }
        return new History(operations, List.of(), List.of(), snapshotReads, false);
    }

    private Moment now() {
        order++;
        return new Moment(order, order * STEP);
    }

    private void invoke() {
        String client = "c" + random.nextInt(clients);
        if (operations.size() >= operationsWanted
                || open.stream().anyMatch(op -> !op.returned && op.client.equals(client))) {
            return;
        }
        int id = operations.size();
        Call call = call();
        Open op = new Open(id, client, call instanceof Call.Grant || random.nextInt(100) >= 15);
        operations.add(new Operation(id, client, client, -1, call, now(), null, new Reply.None()));
        open.add(op);
    }

    private Call call() {
        int dice = random.nextInt(100);
        if (dice < 35) {
            return new Call.Read(new Query.All(DIRECTORY));
        }
        List<Long> leases = granted();
        if (dice < 42 || (dice < 48 && leases.isEmpty())) {
            return new Call.Grant(Duration.ofNanos(STEP * (4 + random.nextInt(12))));
        }
        if (dice < 48) {
            long lease = leases.get(random.nextInt(leases.size()));
            return random.nextInt(3) == 0 ? new Call.Revoke(lease) : new Call.Renew(lease);
        }
        Commit.Builder commit = Commit.to(DIRECTORY);
        int writes = random.nextInt(10) < 7 ? 1 : random.nextInt(3);
        List<String> names = new ArrayList<>(NAMES);
        java.util.Collections.shuffle(names, random);
        for (String name : names.subList(0, writes)) {
            condition(commit, name, 70);
            write(commit, name, leases);
        }
        if (writes == 0) {
            condition(commit, names.get(0), 100);
            condition(commit, names.get(1), 40);
        }
        if (random.nextInt(3) == 0) {
            commit.returningAll();
        }
        return new Call.Commit(commit.build());
    }

    /** The leases that some client has received, dead ones too. */
    private List<Long> granted() {
        return operations.stream()
                .filter(operation -> operation.reply() instanceof Reply.Granted)
                .map(operation -> ((Reply.Granted) operation.reply()).leaseId())
                .toList();
    }

    private void condition(Commit.Builder commit, String name, int percent) {
        if (random.nextInt(100) >= percent) {
            return;
        }
        List<Entry> seen =
                known.stream().filter(entry -> entry.name().equals(name)).toList();
        int dice = random.nextInt(10);
        if (seen.isEmpty() || dice < 3) {
            commit.ifAbsent(name);
        } else if (dice == 3) {
            commit.ifPresent(name);
        } else {
            Entry last = seen.get(random.nextInt(3) == 0 ? random.nextInt(seen.size()) : seen.size() - 1);
            if (dice < 7) {
                commit.ifModRevision(name, last.modRevision());
            } else {
                commit.ifCreateRevision(name, last.createRevision());
            }
        }
    }

    private void write(Commit.Builder commit, String name, List<Long> leases) {
        if (random.nextInt(3) == 0 || (name.equals(LEASED) && leases.isEmpty())) {
            commit.delete(name);
            return;
        }
        long lease = name.equals(LEASED) ? leases.get(random.nextInt(leases.size())) : 0;
        commit.put(name, Bytes.utf8("v" + ++lastValue), lease);
    }

    private void effect() {
        List<Open> waiting =
                open.stream().filter(op -> !op.effective && !op.never).toList();
        if (!waiting.isEmpty()) {
            takeEffect(waiting.get(random.nextInt(waiting.size())));
        }
    }

    private void takeEffect(Open op) {
        Call call = operations.get(op.id).call();
        if (call instanceof Call.Read) {
            look(op);
            if (op.effective) {
                op.reply = new Reply.Found(new Snapshot(op.found, false));
            }
        } else if (call instanceof Call.Commit commit && op.reply == null) {
            CommitResult result = carryOut(commit.commit());
            op.reply = new Reply.Ended(result);
            op.effective = commit.commit().returning().isEmpty() || result instanceof CommitResult.LeaseDead;
        } else if (call instanceof Call.Commit) {
            look(op);
            if (op.effective) {
                Optional<Snapshot> snapshot = Optional.of(new Snapshot(op.found, false));
                CommitResult result =
                        op.reply instanceof Reply.Ended ended ? ended.result() : new CommitResult.LeaseDead();
                op.reply = new Reply.Ended(
                        result instanceof CommitResult.Committed committed
                                ? new CommitResult.Committed(committed.revision(), snapshot)
                                : new CommitResult.Conflict(snapshot));
            }
        } else if (call instanceof Call.Grant grant) {
            long id = ++lastLease + 100;
            deadlines.put(id, now().nanos() + grant.ttl().toNanos());
            op.reply = new Reply.Granted(id, grant.ttl());
            op.effective = true;
        } else if (call instanceof Call.Renew renew) {
            boolean alive = deadlines.containsKey(renew.leaseId());
            if (alive) {
                deadlines.put(renew.leaseId(), now().nanos() + ttl(renew.leaseId()));
            }
            op.reply = new Reply.Renewed(alive);
            op.effective = true;
        } else if (call instanceof Call.Revoke revoke) {
            end(revoke.leaseId());
            op.reply = new Reply.Done();
            op.effective = true;
        }
    }

    private long ttl(long lease) {
        return operations.stream()
                .filter(op -> op.reply() instanceof Reply.Granted granted && granted.leaseId() == lease)
                .map(op -> ((Reply.Granted) op.reply()).ttl().toNanos())
                .findFirst()
                .orElse(100 * STEP);
    }

    private void look(Open op) {
        if (snapshotReads) {
            op.found.addAll(store.values());
            op.effective = true;
        } else {
            Entry entry = store.get(NAMES.get(op.place));
            if (entry != null) {
                op.found.add(entry);
            }
            op.place++;
            op.effective = op.place == NAMES.size();
        }
    }

    private CommitResult carryOut(Commit commit) {
        for (Condition condition : commit.conditions()) {
            if (!holds(condition)) {
                return new CommitResult.Conflict(Optional.empty());
            }
        }
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put && put.leaseId() != 0 && !deadlines.containsKey(put.leaseId())) {
                return new CommitResult.LeaseDead();
            }
        }
        boolean changed = commit.writes().stream()
                .anyMatch(write -> write instanceof Write.Put || store.containsKey(write.name()));
        if (!changed) {
            return new CommitResult.Committed(0, Optional.empty());
        }
        revision += 1 + random.nextInt(2);
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                Entry before = store.get(put.name());
                long created = before == null ? revision : before.createRevision();
                store.put(put.name(), new Entry(put.name(), put.value(), created, revision, put.leaseId()));
            } else {
                store.remove(write.name());
            }
        }
        return new CommitResult.Committed(revision, Optional.empty());
    }

    private boolean holds(Condition condition) {
        Entry there = store.get(condition.name());
        if (condition instanceof Condition.Absent) {
            return there == null;
        }
        if (condition instanceof Condition.CreateRevision created) {
            return there != null && there.createRevision() == created.revision();
        }
        if (condition instanceof Condition.ModRevision modified) {
            return there != null && there.modRevision() == modified.revision();
        }
        return there != null;
    }

    private void finish() {
        List<Open> ready = open.stream()
                .filter(op -> !op.returned)
                .filter(op ->
                        op.effective || (!op.reported && operations.get(op.id).call() instanceof Call.Commit))
                .toList();
        if (ready.isEmpty()) {
            List<Open> stuck =
                    open.stream().filter(op -> !op.returned && op.never).toList();
            if (stuck.isEmpty()) {
                return;
            }
            ready = stuck;
        }
        Open op = ready.get(random.nextInt(ready.size()));
        op.returned = true;
        Operation before = operations.get(op.id);
        boolean commit = before.call() instanceof Call.Commit;
        boolean reported = op.reported && op.reply != null;
        Reply reply = reported
                ? java.util.Objects.requireNonNull(op.reply)
                : new Reply.Failed(commit ? Outcome.UNKNOWN : Outcome.NOT_APPLIED, "lost");
        Operation after = new Operation(
                op.id, before.client(), before.thread(), -1, before.call(), before.invoked(), now(), reply);
        operations.set(op.id, after);
        after.snapshot().ifPresent(snapshot -> known.addAll(snapshot.entries()));
    }

    private void expire() {
        List<Long> due = deadlines.entrySet().stream()
                .filter(lease -> lease.getValue() <= (order + 1) * STEP)
                .map(Map.Entry::getKey)
                .toList();
        if (!due.isEmpty()) {
            now();
            end(due.get(random.nextInt(due.size())));
        }
    }

    private void end(long lease) {
        deadlines.remove(lease);
        store.values().removeIf(entry -> entry.leaseId() == lease);
        // Else the entries seem to go with the invocation of what comes next.
        revision++;
    }

    /** The same history with something changed; what comes out may still be one that a correct store makes. */
    static History corrupted(Random random, History history) {
        List<Operation> changed = new ArrayList<>(history.operations());
        int changes = 1 + random.nextInt(2);
        for (int i = 0; i < changes; i++) {
            int place = random.nextInt(changed.size());
            changed.set(place, corrupted(random, changed.get(place), changed));
        }
        return history.withOperations(changed);
    }

    private static Operation corrupted(Random random, Operation operation, List<Operation> all) {
        switch (random.nextInt(5)) {
            case 0 -> {
                if (operation.snapshot().isPresent()) {
                    return with(
                            operation,
                            otherSnapshot(random, operation.snapshot().get(), all));
                }
            }
            case 1 -> {
                if (operation.result().orElse(null) instanceof CommitResult.Committed committed) {
                    return operation.with(
                            operation.call(), new Reply.Ended(new CommitResult.Conflict(committed.snapshot())));
                }
                if (operation.result().orElse(null) instanceof CommitResult.Conflict conflict
                        && operation.commit().orElseThrow().writes().isEmpty()) {
                    return operation.with(
                            operation.call(), new Reply.Ended(new CommitResult.Committed(0, conflict.snapshot())));
                }
            }
            case 2 -> {
                if (operation.returned() != null && operation.end() > operation.begin() + 1) {
                    Moment earlier =
                            new Moment(operation.begin(), operation.invoked().nanos());
                    return new Operation(
                            operation.id(),
                            operation.client(),
                            operation.thread(),
                            -1,
                            operation.call(),
                            operation.invoked(),
                            // Between two moments of the history, so as not to meet one of them.
                            earlier,
                            operation.reply());
                }
            }
            case 3 -> {
                if (operation.isUnknown()) {
                    return operation.with(operation.call(), new Reply.Failed(Outcome.NOT_APPLIED, "not sent"));
                }
            }
            default -> {
                if (operation.result().orElse(null) instanceof CommitResult.Committed committed
                        && committed.revision() > 1) {
                    long other = committed.revision() + (random.nextBoolean() ? 1 : -1);
                    return operation.with(
                            operation.call(), new Reply.Ended(new CommitResult.Committed(other, committed.snapshot())));
                }
            }
        }
        return operation;
    }

    private static Operation with(Operation operation, Snapshot snapshot) {
        if (operation.result().orElse(null) instanceof CommitResult.Committed committed) {
            return operation.with(
                    operation.call(),
                    new Reply.Ended(new CommitResult.Committed(committed.revision(), Optional.of(snapshot))));
        }
        if (operation.result().isPresent()) {
            return operation.with(operation.call(), new Reply.Ended(new CommitResult.Conflict(Optional.of(snapshot))));
        }
        return operation.with(operation.call(), new Reply.Found(snapshot));
    }

    private static Snapshot otherSnapshot(Random random, Snapshot snapshot, List<Operation> all) {
        List<Entry> ever = all.stream()
                .flatMap(operation -> operation.snapshot().stream())
                .flatMap(shown -> shown.entries().stream())
                .toList();
        TreeMap<String, Entry> entries = new TreeMap<>();
        snapshot.entries().forEach(entry -> entries.put(entry.name(), entry));
        if (ever.isEmpty() || (random.nextInt(3) == 0 && !entries.isEmpty())) {
            entries.pollFirstEntry();
        } else {
            Entry other = ever.get(random.nextInt(ever.size()));
            entries.put(other.name(), other);
        }
        return new Snapshot(List.copyOf(entries.values()), false);
    }
}
