package io.sereno.suite.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Write;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A store in this JVM, made to be broken: every step that a rule is about is a separate method, which a mutant
 * replaces. Unchanged, it keeps all rules. It uses the clock of its server, which is given here; its clients have their
 * own.
 *
 * <p>One lock guards everything; the replaceable methods run under it. Notices are sent after the lock is released.
 */
class PlainStore {
    /** The order of a store that knows only bytes. */
    static final Comparator<String> BY_BYTES = (left, right) ->
            Arrays.compareUnsigned(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));

    final TimeSource time;
    /** By path, then by name. Directories without entries are not in it. */
    final Map<String, NavigableMap<String, Entry>> directories = new HashMap<>();

    final Map<Long, PlainLease> leases = new LinkedHashMap<>();
    final Set<PlainWatch> watches = new LinkedHashSet<>();
    long revision;

    private final ReentrantLock lock = new ReentrantLock();
    private final List<PlainWatch> awake = new ArrayList<>();
    private long lastLease;

    PlainStore(TimeSource time) {
        this.time = time;
    }

    Backend connect(BackendConfig config) {
        return new PlainClient(this, config);
    }

    /** Runs something in one step. */
    final <T> T step(Supplier<T> what) {
        List<PlainWatch> told;
        lock.lock();
        try {
            expire();
            return what.get();
        } finally {
            told = List.copyOf(awake);
            awake.clear();
            lock.unlock();
            told.forEach(PlainWatch::wake);
        }
    }

    // ---- reads

    Snapshot read(Query query) {
        List<Entry> entries = new ArrayList<>(entries(query.directory()));
        if (query instanceof Query.One one) {
            entries.removeIf(entry -> !key(entry.name()).equals(key(one.name())));
            return new Snapshot(entries, false);
        }
        if (query instanceof Query.Range range) {
            entries.removeIf(entry -> order().compare(entry.name(), range.after()) <= 0);
            boolean more = more(entries.size(), range.limit());
            return new Snapshot(entries.subList(0, Math.min(entries.size(), range.limit())), more);
        }
        return new Snapshot(entries, false);
    }

    boolean more(int left, int limit) {
        return left > limit;
    }

    /** In their order. */
    List<Entry> entries(String directory) {
        NavigableMap<String, Entry> found = directories.get(path(directory));
        return found == null ? List.of() : List.copyOf(found.values());
    }

    Optional<Entry> entry(String directory, String name) {
        NavigableMap<String, Entry> found = directories.get(path(directory));
        return Optional.ofNullable(found == null ? null : found.get(key(name)));
    }

    Comparator<String> order() {
        return BY_BYTES;
    }

    /** The key of a name in the store. */
    String key(String name) {
        return name;
    }

    /** The key of a directory in the store. */
    String path(String directory) {
        return directory;
    }

    // ---- commits

    CommitResult commit(Commit commit) {
        long lease = leaseOf(commit);
        if (lease != 0 && !lives(lease)) {
            return new CommitResult.LeaseDead();
        }
        if (!hold(commit)) {
            return new CommitResult.Conflict(commit.returning().map(this::read));
        }
        long at = apply(commit);
        return new CommitResult.Committed(at, commit.returning().map(this::read));
    }

    static long leaseOf(Commit commit) {
        return commit.writes().stream()
                .mapToLong(write -> write instanceof Write.Put put ? put.leaseId() : 0)
                .filter(id -> id != 0)
                .findFirst()
                .orElse(0);
    }

    boolean lives(long lease) {
        return leases.containsKey(lease);
    }

    boolean hold(Commit commit) {
        return commit.conditions().stream()
                .allMatch(condition -> holds(condition, entry(commit.directory(), condition.name())));
    }

    boolean holds(Condition condition, Optional<Entry> entry) {
        if (condition instanceof Condition.CreateRevision created) {
            return entry.isPresent() && entry.get().createRevision() == created.revision();
        }
        if (condition instanceof Condition.ModRevision modified) {
            return entry.isPresent() && entry.get().modRevision() == modified.revision();
        }
        return (condition instanceof Condition.Present) == entry.isPresent();
    }

    /** Returns the revision, or 0 if nothing changed. */
    long apply(Commit commit) {
        boolean changes = commit.writes().stream()
                .anyMatch(write -> write instanceof Write.Put
                        || entry(commit.directory(), write.name()).isPresent());
        if (!changes) {
            return unchanged(commit);
        }
        long at = next(commit.directory());
        for (Write write : commit.writes()) {
            apply(commit.directory(), write, at);
        }
        return at;
    }

    long unchanged(Commit commit) {
        return 0;
    }

    /** The revision of the next commit that changes something. */
    long next(String directory) {
        return ++revision;
    }

    void apply(String directory, Write write, long at) {
        Optional<Entry> before = entry(directory, write.name());
        if (write instanceof Write.Put put) {
            store(directory, put(put, before, at));
            announce(directory, write.name(), at);
        } else if (before.isPresent()) {
            remove(directory, write.name());
            announce(directory, write.name(), at);
        }
    }

    Entry put(Write.Put put, Optional<Entry> before, long at) {
        return new Entry(
                put.name(), put.value(), before.map(Entry::createRevision).orElse(at), at, put.leaseId());
    }

    final void store(String directory, Entry entry) {
        directories
                .computeIfAbsent(path(directory), path -> new TreeMap<>(order()))
                .put(key(entry.name()), entry);
    }

    final void remove(String directory, String name) {
        NavigableMap<String, Entry> entries = directories.get(path(directory));
        if (entries != null) {
            entries.remove(key(name));
            if (entries.isEmpty()) {
                emptied(directory);
            }
        }
    }

    void emptied(String directory) {
        directories.remove(path(directory));
    }

    // ---- leases

    PlainLease grant(PlainClient client, Duration ttl) {
        PlainLease lease = new PlainLease(this, client, nextLease(), granted(ttl));
        leases.put(lease.id(), lease);
        prolong(lease);
        return lease;
    }

    long nextLease() {
        return ++lastLease;
    }

    Duration granted(Duration ttl) {
        return ttl;
    }

    boolean renew(PlainLease lease) {
        if (!lives(lease.id())) {
            return false;
        }
        prolong(lease);
        return true;
    }

    void revoke(PlainLease lease) {
        if (leases.remove(lease.id()) != null) {
            end(lease);
        }
    }

    final void prolong(PlainLease lease) {
        lease.deadline = time.nanoTime() + life(lease).toNanos();
        // A timer ends leases that no request touches.
        time.schedule(life(lease), Runnable::run, () -> step(() -> null));
    }

    /** The time from a grant or renewal to the end. */
    Duration life(PlainLease lease) {
        return lease.ttl();
    }

    /** Ends the leases whose time is over. */
    void expire() {
        long now = time.nanoTime();
        for (PlainLease lease : List.copyOf(leases.values())) {
            if (now - lease.deadline >= 0) {
                expire(lease);
            }
        }
    }

    void expire(PlainLease lease) {
        leases.remove(lease.id());
        end(lease);
    }

    /** Deletes the entries under a lease, with one commit for each directory. */
    void end(PlainLease lease) {
        for (String path : List.copyOf(directories.keySet())) {
            List<Entry> entries = entries(path).stream()
                    .filter(entry -> entry.leaseId() == lease.id())
                    .toList();
            if (!entries.isEmpty()) {
                end(path, entries);
            }
        }
    }

    void end(String directory, List<Entry> entries) {
        long at = next(directory);
        for (Entry entry : entries) {
            remove(directory, entry.name());
            announce(directory, entry.name(), at);
        }
    }

    // ---- lost data

    /** The whole content at one moment. */
    record Backup(Map<String, NavigableMap<String, Entry>> directories, Map<Long, PlainLease> leases, long revision) {
        static final Backup OF_NOTHING = new Backup(Map.of(), Map.of(), 0);
    }

    final Backup backup() {
        return step(() -> {
            Map<String, NavigableMap<String, Entry>> copy = new HashMap<>();
            directories.forEach((path, entries) -> copy.put(path, new TreeMap<>(entries)));
            return new Backup(copy, new LinkedHashMap<>(leases), revision);
        });
    }

    /** Revisions are reused, and each lease has its full time, as on a restored server. */
    final void restore(Backup backup) {
        step(() -> {
            directories.clear();
            backup.directories().forEach((path, entries) -> directories.put(path, new TreeMap<>(entries)));
            leases.clear();
            leases.putAll(backup.leases());
            leases.values().forEach(this::prolong);
            revision = backup.revision();
            watches.forEach(this::announceRestored);
            return null;
        });
    }

    void announceRestored(PlainWatch watch) {
        announceReset(watch);
    }

    // ---- watches

    void watch(PlainWatch watch) {
        watches.add(watch);
    }

    void cancel(PlainWatch watch) {
        watches.remove(watch);
    }

    void announce(String directory, String name, long at) {
        for (PlainWatch watch : watches) {
            if (covers(watch, directory, name)) {
                announce(watch, name, at);
            }
        }
    }

    boolean covers(PlainWatch watch, String directory, String name) {
        return watch.target().directory().equals(directory)
                && watch.target().name().map(name::equals).orElse(true);
    }

    void announce(PlainWatch watch, String name, long at) {
        watch.add(name, at);
        awake.add(watch);
    }

    final void announceReset(PlainWatch watch) {
        watch.addReset();
        awake.add(watch);
    }

    static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }

    static int bytes(String text) {
        return Bytes.utf8(text).size();
    }
}
