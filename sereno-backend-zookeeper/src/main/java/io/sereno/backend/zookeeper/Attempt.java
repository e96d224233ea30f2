package io.sereno.backend.zookeeper;

import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;

/**
 * A commit as one ZooKeeper transaction, planned from what was seen of its entries.
 *
 * <p>The transaction proves every condition, so what was seen may be outdated. (A commit that only checks may need none; see {@link #isProved}.)
 *
 * <ul>
 *   <li>absent, with a put: the creation itself;
 *   <li>absent, without a put: the entry was seen absent, and a check that its guard has not changed since;
 *   <li>present: a check of the entry, or the set or delete itself;
 *   <li>createRevision: the entry was seen with it, a check that the guard has not changed since, and that the entry is
 *       present;
 *   <li>modRevision: the same, with the version of the entry unchanged.
 * </ul>
 *
 * <p>ZooKeeper does not return the zxid of a transaction, but it returns the state of each node that the transaction set.
 * So a transaction that changes anything sets something: the guard of an entry that it creates, the entry itself, or else
 * the clock.
 */
final class Attempt {
    /** The purpose of an operation. */
    enum Part {
        GUARD,
        CHECK,
        DIRECTORY,
        CREATE,
        SET,
        DELETE,
        CLOCK,
        EMPTIED
    }

    /** @param name of the entry; empty for a guard */
    record Step(Part part, String name, int shard, Op operation) {}

    /**
     * The context in which a commit is planned: paths, rights, and what is known so far.
     *
     * @param guarded true, except in the test that shows what would go wrong without guards
     */
    record Place(Paths paths, Acl acl, RememberedEntries remembered, boolean guarded) {}

    /** The version that matches every node. */
    static final int ANY = -1;

    private static final byte[] EMPTY = new byte[0];

    private final List<Step> steps = new ArrayList<>();
    /** Names that must be looked at before anything can be planned. */
    private final Set<String> unseen = new LinkedHashSet<>();

    private final Set<String> created = new LinkedHashSet<>();
    private final Set<String> deleted = new LinkedHashSet<>();
    /** Guards that must not have changed, with the versions that were seen. */
    private final Map<Integer, Integer> checkedGuards = new TreeMap<>();

    /** For entries that are set: a version that the guard had before. */
    private final Map<String, Integer> guardsBefore = new HashMap<>();

    private final Commit commit;
    private final Place place;
    private final String directoryPath;
    private final Map<String, Condition> conditions = new HashMap<>();
    private final Map<String, Write> writes = new LinkedHashMap<>();
    private final List<ACL> acl;
    private final @Nullable Map<String, RememberedEntry> looked;
    private boolean conflict;
    private @Nullable String misbound;
    private boolean createsDirectory;
    private boolean removesDirectory;

    /**
     * Plans the transaction.
     *
     * @param acl the ACL of created nodes
     * @param looked what was seen of the entries just now, in a read not older than this call; null: nothing, so plan by what
     *     is remembered
     */
    Attempt(Commit commit, Place place, List<ACL> acl, @Nullable Map<String, RememberedEntry> looked) {
        this.commit = commit;
        this.place = place;
        this.acl = acl;
        this.looked = looked;
        this.directoryPath = place.paths.directory(commit.directory());
        commit.conditions().forEach(condition -> conditions.put(condition.name(), condition));
        commit.writes().forEach(write -> writes.put(write.name(), write));
        plan();
    }

    /** The look shows that a condition does not hold. */
    boolean isConflict() {
        return conflict;
    }

    /** The look shows that all conditions hold, and nothing is to be written. Whether an entry is just present is left to the transaction. */
    boolean isProved() {
        return looked != null
                && writes.isEmpty()
                && conditions.values().stream().noneMatch(Condition.Present.class::isInstance);
    }

    /** Names to look at first. If empty, the transaction can be sent. */
    Set<String> unseen() {
        return unseen;
    }

    List<Step> steps() {
        return steps;
    }

    List<Op> operations() {
        return steps.stream().map(Step::operation).toList();
    }

    Set<String> created() {
        return created;
    }

    Set<String> deleted() {
        return deleted;
    }

    /** If true and the transaction succeeds, the directory held nothing else at that moment. */
    boolean createsDirectory() {
        return createsDirectory;
    }

    boolean removesDirectory() {
        return removesDirectory;
    }

    boolean changesSomething() {
        return steps.stream()
                .anyMatch(step -> step.part == Part.CREATE || step.part == Part.SET || step.part == Part.DELETE);
    }

    /** Every name that a look must include. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>(conditions.keySet());
        names.addAll(writes.keySet());
        return names;
    }

    String path(String name) {
        return Paths.entry(directoryPath, name);
    }

    /** A version that the guard of a set entry had before. */
    int guardBefore(String name) {
        int shard = shard(name);
        return checkedGuards.getOrDefault(shard, guardsBefore.getOrDefault(name, RememberedEntries.UNKNOWN));
    }

    int shard(String name) {
        return Paths.shard(commit.directory(), name);
    }

    /** Whether the commit has a condition on the entry: then its absence, or another version of it, is a conflict. */
    boolean isConditioned(String name) {
        return conditions.containsKey(name);
    }

    private void plan() {
        List<Step> checks = new ArrayList<>();
        List<Step> changes = new ArrayList<>();
        for (String name : names()) {
            planEntry(name, checks, changes);
        }
        if (conflict || !unseen.isEmpty()) {
            return;
        }
        if (misbound != null) {
            // Only now: if a condition does not hold, the entry may be another incarnation than the caller meant.
            throw Failures.refused(misbound);
        }
        Set<Integer> set = new HashSet<>();
        created.forEach(name -> set.add(shard(name)));
        // A guard that is set below is checked by that step.
        checkedGuards.forEach((shard, version) -> {
            if (!set.contains(shard)) {
                steps.add(new Step(Part.GUARD, "", shard, Op.check(place.paths.guard(shard), version)));
            }
        });
        set.forEach(shard -> steps.add(new Step(
                Part.GUARD,
                "",
                shard,
                Op.setData(place.paths.guard(shard), EMPTY, checkedGuards.getOrDefault(shard, ANY)))));
        steps.addAll(checks);
        planDirectory(changes);
        if (steps.isEmpty()) {
            steps.add(new Step(Part.CLOCK, "", 0, Op.check(place.paths.clock(), ANY)));
        }
    }

    private void planDirectory(List<Step> changes) {
        createsDirectory = !created.isEmpty() && !place.remembered.exists(commit.directory());
        removesDirectory = created.isEmpty()
                && changes.stream().allMatch(step -> step.part == Part.DELETE)
                && place.remembered.shouldRemove(commit.directory(), deleted);
        if (createsDirectory) {
            steps.add(new Step(Part.DIRECTORY, "", 0, Op.create(directoryPath, EMPTY, acl, CreateMode.CONTAINER)));
        }
        steps.addAll(changes);
        if (!changes.isEmpty() && changes.stream().allMatch(step -> step.part == Part.DELETE)) {
            steps.add(new Step(Part.CLOCK, "", 0, Op.setData(place.paths.clock(), Namespace.FORMAT, ANY)));
        }
        if (removesDirectory) {
            steps.add(new Step(Part.EMPTIED, "", 0, Op.delete(directoryPath, ANY)));
        }
    }

    private void planEntry(String name, List<Step> checks, List<Step> changes) {
        Condition condition = conditions.get(name);
        Write write = writes.get(name);
        if (condition == null) {
            planUnconditioned(name, write, changes);
        } else if (condition instanceof Condition.Absent) {
            if (write instanceof Write.Put put) {
                create(put, changes);
            } else {
                requireSeen(name, seen -> !seen.isPresent());
            }
        } else {
            int version = ANY;
            if (condition instanceof Condition.CreateRevision create) {
                requireSeen(name, seen -> seen.created() == create.revision());
            } else if (condition instanceof Condition.ModRevision mod) {
                RememberedEntry seen = requireSeen(name, s -> s.modified() == mod.revision());
                version = seen == null ? ANY : seen.version();
            }
            if (write != null) {
                change(write, version, changes);
            } else {
                checks.add(new Step(Part.CHECK, name, 0, Op.check(path(name), version)));
            }
        }
    }

    private void planUnconditioned(String name, @Nullable Write write, List<Step> changes) {
        RememberedEntry seen = seen(name);
        if (write instanceof Write.Put put && (seen == null || !seen.isPresent())) {
            create(put, changes);
        } else if (write instanceof Write.Delete && seen != null && !seen.isPresent()) {
            // Nothing to delete; that must still hold at the moment of the commit.
            checkGuard(name, seen);
        } else if (write != null) {
            change(write, ANY, changes);
        }
    }

    private void create(Write.Put put, List<Step> changes) {
        CreateMode mode = put.leaseId() == 0 ? CreateMode.PERSISTENT : CreateMode.EPHEMERAL;
        created.add(put.name());
        changes.add(new Step(
                Part.CREATE,
                put.name(),
                0,
                Op.create(path(put.name()), put.value().toArray(), acl, mode)));
    }

    private void change(Write write, int version, List<Step> changes) {
        String path = path(write.name());
        if (write instanceof Write.Put put) {
            RememberedEntry seen = seen(put.name());
            if (seen != null && seen.isPresent() && seen.owner() != put.leaseId() && looked != null) {
                misbound = "entry '" + put.name() + "' is bound to lease " + seen.owner()
                        + " until it is deleted; a put has to name that lease, and this put names " + put.leaseId()
                        + " (0 is none)";
            }
            guardsBefore.put(put.name(), place.remembered.guard(shard(put.name())));
            changes.add(new Step(
                    Part.SET, put.name(), 0, Op.setData(path, put.value().toArray(), version)));
        } else {
            deleted.add(write.name());
            changes.add(new Step(Part.DELETE, write.name(), 0, Op.delete(path, version)));
        }
    }

    private @Nullable RememberedEntry seen(String name) {
        return looked != null ? looked.get(name) : place.remembered.of(path(name));
    }

    /** Requires that the entry was seen in this state, and that its guard has not changed since. */
    private @Nullable RememberedEntry requireSeen(String name, Predicate<RememberedEntry> holds) {
        RememberedEntry seen = seen(name);
        if (seen != null && holds.test(seen)) {
            checkGuard(name, seen);
        } else if (looked != null) {
            conflict = true;
        } else {
            unseen.add(name);
        }
        return seen;
    }

    private void checkGuard(String name, RememberedEntry seen) {
        if (!place.guarded) {
            return;
        }
        Integer other = checkedGuards.put(shard(name), seen.guard());
        if (other != null && other != seen.guard()) {
            // The guard cannot have both versions, so one of them is out of date.
            unseen.add(name);
        }
    }
}
