package io.sereno.examples.backend;

import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The contents of one namespace. Everything happens under one lock, that of this object; notices are added under it and
 * delivered after it was released.
 */
final class Shelf {
    /** A lease: its owner and its deadline, by the clock of {@code TimeSource.nanoTime()}. */
    record Held(ShelfBackend owner, long deadline) {}

    /** By directory, then by name; an empty directory is not kept (LIF-8). */
    private final Map<String, NavigableMap<String, Entry>> directories = new HashMap<>();

    private final Map<Long, Held> leases = new HashMap<>();
    private final List<NoticeQueue> watches = new ArrayList<>();
    private final List<NoticeQueue> toDeliver = new ArrayList<>();
    private long lastRevision;
    private long lastLease;

    Snapshot read(Query query) {
        NavigableMap<String, Entry> directory = directories.get(query.directory());
        if (directory == null) {
            return new Snapshot(List.of(), false);
        }
        if (query instanceof Query.One one) {
            return new Snapshot(
                    Optional.ofNullable(directory.get(one.name())).stream().toList(), false);
        }
        if (query instanceof Query.Range range) {
            NavigableMap<String, Entry> behind = directory.tailMap(range.after(), false);
            return new Snapshot(behind.values().stream().limit(range.limit()).toList(), behind.size() > range.limit());
        }
        return new Snapshot(List.copyOf(directory.values()), false);
    }

    /** The directories that have an entry (DIR). */
    Set<String> directories() {
        return directories.keySet();
    }

    /** Checks lease and conditions, then applies the writes, in one step; then reads what was asked for. */
    CommitResult commit(Commit commit) {
        if (commit.leaseId() != 0 && !leases.containsKey(commit.leaseId())) {
            return new CommitResult.LeaseDead();
        }
        for (Condition condition : commit.conditions()) {
            if (!holds(condition, find(commit.directory(), condition.name()))) {
                return new CommitResult.Conflict(commit.returning().map(this::read));
            }
        }
        long revision = lastRevision + 1;
        boolean changed = false;
        for (Write write : commit.writes()) {
            changed |= write(commit.directory(), write, revision);
        }
        if (changed) {
            lastRevision = revision;
        }
        return new CommitResult.Committed(
                changed ? revision : 0, commit.returning().map(this::read));
    }

    private static boolean holds(Condition condition, @Nullable Entry entry) {
        if (condition instanceof Condition.CreateRevision create) {
            return entry != null && entry.createRevision() == create.revision();
        }
        if (condition instanceof Condition.ModRevision mod) {
            return entry != null && entry.modRevision() == mod.revision();
        }
        return (condition instanceof Condition.Present) == (entry != null);
    }

    private @Nullable Entry find(String path, String name) {
        NavigableMap<String, Entry> directory = directories.get(path);
        return directory == null ? null : directory.get(name);
    }

    private boolean write(String path, Write write, long revision) {
        Entry old = find(path, write.name());
        if (write instanceof Write.Put put) {
            long created = old == null ? revision : old.createRevision();
            directories
                    .computeIfAbsent(path, p -> new TreeMap<>(Names.ORDER))
                    .put(put.name(), new Entry(put.name(), put.value(), created, revision, put.leaseId()));
        } else if (old == null) {
            return false;
        } else {
            directories.computeIfPresent(path, (p, directory) -> {
                directory.remove(write.name());
                return directory.isEmpty() ? null : directory;
            });
        }
        announce(path, write.name(), revision);
        return true;
    }

    long grant(ShelfBackend owner, long deadline) {
        leases.put(++lastLease, new Held(owner, deadline));
        return lastLease;
    }

    /** False for a lease that has ended: it never lives again (LEA-6a). */
    boolean renew(long lease, long deadline) {
        return leases.computeIfPresent(lease, (id, held) -> new Held(held.owner(), deadline)) != null;
    }

    @Nullable
    Held lease(long id) {
        return leases.get(id);
    }

    boolean wasGranted(long id) {
        return id > 0 && id <= lastLease;
    }

    /** Every operation begins with this, so that no caller sees what should have ended, with or without timers. */
    void expire(long now) {
        List<Long> over = leases.entrySet().stream()
                .filter(lease -> now - lease.getValue().deadline() >= 0)
                .map(Map.Entry::getKey)
                .toList();
        over.forEach(this::end);
    }

    /** Deletes the entries that are bound to the lease now; an entry put again meanwhile is bound otherwise (LEA-9). */
    void end(long lease) {
        if (leases.remove(lease) == null) {
            return;
        }
        lastRevision++;
        for (Iterator<Map.Entry<String, NavigableMap<String, Entry>>> all =
                        directories.entrySet().iterator();
                all.hasNext(); ) {
            Map.Entry<String, NavigableMap<String, Entry>> directory = all.next();
            List<Entry> bound = directory.getValue().values().stream()
                    .filter(entry -> entry.leaseId() == lease)
                    .toList();
            for (Entry entry : bound) {
                directory.getValue().remove(entry.name());
                announce(directory.getKey(), entry.name(), lastRevision);
            }
            if (directory.getValue().isEmpty()) {
                all.remove();
            }
        }
    }

    /** How many directories have an entry. */
    int size() {
        return directories.size();
    }

    void add(NoticeQueue watch) {
        watches.add(watch);
    }

    void remove(NoticeQueue watch) {
        watches.remove(watch);
    }

    private void announce(String path, String name, long revision) {
        for (NoticeQueue watch : watches) {
            if (watch.target().covers(path, name) && watch.add(name, revision)) {
                toDeliver.add(watch);
            }
        }
    }

    /** The watches with notices to deliver outside the lock; each is returned once. */
    List<NoticeQueue> toDeliver() {
        List<NoticeQueue> all = List.copyOf(toDeliver);
        toDeliver.clear();
        return all;
    }
}
