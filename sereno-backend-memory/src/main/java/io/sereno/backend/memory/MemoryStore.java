package io.sereno.backend.memory;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A store in this JVM, to which any number of backends connect. Each connection stands for a separate process: it sees
 * the changes of others only through the store.
 *
 * <pre>{@code
 * MemoryStore store = new MemoryStore(time);
 * Backend first = store.connect(executor);
 * Backend second = store.connect(executor);
 * }</pre>
 *
 * <p><b>Guarantees.</b> Every rule of the SPI, and more: each operation takes effect at one moment within the call; a
 * read is a snapshot; every stage is completed when the method returns, so that dependent stages run in the caller's
 * thread; a lease ends at its deadline to the nanosecond, whether or not a timer has run since; a lease may be named
 * only through the connection that granted it; a put that would change the lease of an entry is rejected.
 *
 * <p><b>Not guaranteed.</b> Anything beyond this JVM: nothing is written to disk, no other process sees the store.
 *
 * <p>Notices are handed to the executor of the watching connection, one after another for one watch, those for one name
 * merged; see {@link NoticeQueue}. A notice that is being delivered while another thread cancels its watch may still be
 * running when {@code cancel()} returns; none begins afterwards.
 *
 * <p>The leases of a connection that is closed without revoking them live until their deadline, as those of a process
 * that dies do. A store needs no closing: with no connection open it holds no timer.
 *
 * <p>Instances are safe for use by multiple threads. No method blocks.
 */
public final class MemoryStore {
    /** How far revisions jump after a restore that does not repeat them. */
    private static final long REVISIONS_SKIPPED = 1_000;

    private static final Snapshot NOTHING = new Snapshot(List.of(), false);
    /*
     * One lock guards everything. No foreign code runs under it but TimeSource.nanoTime() and schedule(), which run no
     * task themselves. Notices are added to the queues of watches under it, and delivered after it was released
     * (unlock()).
     *
     * Time is checked when an operation begins (expireDue()); the timer only serves watches.
     */
    private final ReentrantLock lock = new ReentrantLock();
    /** Contains only directories with entries. */
    private final Map<String, NavigableMap<String, Slot>> directories = new HashMap<>();

    private final Watches watches = new Watches();

    /** The live leases. */
    private final Map<Long, MemoryLease> leases = new HashMap<>();

    private final TreeSet<MemoryLease> byDeadline = new TreeSet<>(MemoryLease.BY_DEADLINE);
    private final List<MemoryConnection> connections = new ArrayList<>();

    /**
     * The revision of the store, not of a directory, so that it outlives the entries of a directory without remembering
     * the directory.
     */
    private long revision;

    private long lastLease;

    private TimeSource time;
    private @Nullable Runnable cancelTimer;
    private long timerDeadline;
    private int timerGeneration;
    /** Whether the timer may be set for a wrong time. */
    private boolean timerStale;

    /**
     * Creates an empty store.
     *
     * @param time its clock; decides when leases end
     */
    public MemoryStore(TimeSource time) {
        this.time = time;
    }

    /**
     * Connects to this store.
     *
     * @param callbacks runs the listeners of watches; may run them in the thread that hands them over
     * @return a new connection
     */
    public Backend connect(Executor callbacks) {
        return connect(time, callbacks, () -> {});
    }

    /**
     * Connects a client that has its own clock. The store uses the clock of its oldest open connection, since the
     * timers of a client end with it; so all clocks must show the same time.
     */
    MemoryConnection connect(TimeSource clientTime, Executor callbacks, Runnable onClose) {
        lock.lock();
        try {
            requireSameTime(clientTime);
            if (connections.isEmpty()) {
                time = clientTime;
            }
            MemoryConnection connection = new MemoryConnection(this, clientTime, callbacks, onClose);
            connections.add(connection);
            timerStale = true;
            return connection;
        } finally {
            unlock();
        }
    }

    private void requireSameTime(TimeSource clientTime) {
        long before = time.nanoTime();
        long reading = clientTime.nanoTime();
        long after = time.nanoTime();
        if (reading - before < 0 || after - reading < 0) {
            throw refused("this store is open with a clock that differs by "
                    + Duration.ofNanos(reading - before).abs()
                    + "; the clients of one store in memory need clocks with the same time");
        }
    }

    boolean isUnused() {
        lock.lock();
        try {
            return connections.isEmpty();
        } finally {
            unlock();
        }
    }

    /** Whether the store keeps nothing for any client. */
    boolean isEmpty() {
        lock.lock();
        try {
            return directories.isEmpty() && watches.isEmpty() && leases.isEmpty() && byDeadline.isEmpty();
        } finally {
            unlock();
        }
    }

    /** Returns whether this call closed it. */
    boolean close(MemoryConnection connection) {
        lock.lock();
        try {
            if (!connections.remove(connection)) {
                return false;
            }
            connection.closed = true;
            connection.watches.forEach(watch -> {
                watch.end();
                watches.remove(watch);
            });
            connection.watches.clear();
            if (!connections.isEmpty() && connection.time() == time) {
                disarm();
                time = connections.get(0).time();
            }
            timerStale = true;
            return true;
        } finally {
            unlock();
        }
    }

    Snapshot read(MemoryConnection connection, Query query) {
        begin(connection);
        try {
            return snapshot(query);
        } finally {
            unlock();
        }
    }

    DirectoryPage directories(MemoryConnection connection, Optional<String> cursor, int limit) {
        begin(connection);
        try {
            return DirectoryPage.of(directories.keySet(), cursor, limit);
        } finally {
            unlock();
        }
    }

    CommitResult commit(MemoryConnection connection, Commit commit) {
        begin(connection);
        try {
            long leaseId = commit.leaseId();
            MemoryLease lease = leaseId == 0 ? null : leases.get(leaseId);
            if (leaseId != 0) {
                requireGranted(connection, leaseId, lease);
                if (lease == null) {
                    return new CommitResult.LeaseDead();
                }
            }
            NavigableMap<String, Slot> directory = directories.get(commit.directory());
            for (Condition condition : commit.conditions()) {
                if (!holds(condition, directory)) {
                    return new CommitResult.Conflict(commit.returning().map(this::snapshot));
                }
            }
            requireBindings(commit.writes(), directory);
            long changedAt = apply(commit, lease);
            return new CommitResult.Committed(changedAt, commit.returning().map(this::snapshot));
        } finally {
            unlock();
        }
    }

    MemoryLease grant(MemoryConnection connection, Duration ttl) {
        begin(connection);
        try {
            MemoryLease lease = new MemoryLease(this, connection, ++lastLease, ttl);
            leases.put(lease.id(), lease);
            setDeadline(lease);
            return lease;
        } finally {
            unlock();
        }
    }

    boolean renew(MemoryLease lease) {
        begin(lease.connection());
        try {
            if (!byDeadline.remove(lease)) {
                return false;
            }
            setDeadline(lease);
            return true;
        } finally {
            unlock();
        }
    }

    void revoke(MemoryLease lease) {
        begin(lease.connection());
        try {
            if (byDeadline.remove(lease)) {
                end(lease);
            }
        } finally {
            unlock();
        }
    }

    NoticeQueue watch(MemoryConnection connection, Target target, WatchListener listener) {
        begin(connection);
        try {
            NoticeQueue watch = new NoticeQueue(
                    target, listener, connection.callbacks(), connection.time(), ended -> cancel(connection, ended));
            connection.watches.add(watch);
            watches.add(watch);
            return watch;
        } finally {
            unlock();
        }
    }

    private void cancel(MemoryConnection connection, NoticeQueue watch) {
        lock.lock();
        try {
            connection.watches.remove(watch);
            watches.remove(watch);
        } finally {
            unlock();
        }
    }

    @Override
    public String toString() {
        lock.lock();
        try {
            return "MemoryStore[revision " + revision + ", " + directories.size() + " directories, " + leases.size()
                    + " leases, " + connections.size() + " connections]";
        } finally {
            unlock();
        }
    }

    /**
     * Copies what the store holds now, to be {@linkplain #restore restored} later. Does not change the store.
     *
     * @return a copy
     */
    public MemoryBackup backup() {
        lock.lock();
        try {
            expireDue();
            List<MemoryBackup.Stored> entries = new ArrayList<>();
            directories.forEach((path, directory) ->
                    directory.values().forEach(slot -> entries.add(new MemoryBackup.Stored(path, slot.entry))));
            List<MemoryBackup.Granted> granted = byDeadline.stream()
                    .map(lease -> new MemoryBackup.Granted(lease, lease.deadline))
                    .toList();
            return new MemoryBackup(this, entries, granted, revision);
        } finally {
            unlock();
        }
    }

    /**
     * Returns the store to its state when a backup was made: the fault of a store that loses acknowledged writes.
     * Connections stay open, as if their clients had reconnected; each watch gets {@code reset()}. Leases that were
     * granted later are dead, and those that ended later live again. Ids of leases are never given twice.
     *
     * @param backup of this store
     * @param revisions what happens to revisions, and to the deadlines of leases
     */
    public void restore(MemoryBackup backup, MemoryBackup.Revisions revisions) {
        if (!backup.isOf(this)) {
            throw new IllegalArgumentException("the backup is of another store; one of this store is accepted");
        }
        lock.lock();
        try {
            leases.values().forEach(lease -> lease.slots.clear());
            leases.clear();
            byDeadline.clear();
            directories.clear();
            long now = time.nanoTime();
            boolean repeat = revisions == MemoryBackup.Revisions.REPEAT;
            for (MemoryBackup.Granted granted : backup.leases()) {
                MemoryLease lease = granted.lease();
                leases.put(lease.id(), lease);
                lease.deadline = repeat ? now + lease.ttl().toNanos() : granted.deadline();
                byDeadline.add(lease);
            }
            for (MemoryBackup.Stored stored : backup.entries()) {
                long leaseId = stored.entry().leaseId();
                directories
                        .computeIfAbsent(stored.directory(), path -> new TreeMap<>(Names.ORDER))
                        .put(
                                stored.entry().name(),
                                new Slot(
                                        stored.directory(),
                                        stored.entry(),
                                        leaseId == 0 ? null : requireNonNull(leases.get(leaseId))));
            }
            revision = repeat ? backup.revision() : revision + REVISIONS_SKIPPED;
            watches.resetAll();
            timerStale = true;
            expireDue();
        } finally {
            unlock();
        }
    }

    static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }

    // The methods below run under the lock, or handle it.

    private void begin(MemoryConnection connection) {
        lock.lock();
        if (connection.closed) {
            lock.unlock();
            throw refused("this connection to the store in memory is closed; open another one");
        }
        expireDue();
    }

    private void unlock() {
        List<NoticeQueue> awake;
        try {
            if (timerStale) {
                timerStale = false;
                arm();
            }
        } finally {
            awake = watches.takeAwake();
            lock.unlock();
        }
        awake.forEach(NoticeQueue::deliver);
    }

    private Snapshot snapshot(Query query) {
        NavigableMap<String, Slot> directory = directories.get(query.directory());
        if (directory == null) {
            return NOTHING;
        }
        if (query instanceof Query.One one) {
            Slot slot = directory.get(one.name());
            return slot == null ? NOTHING : new Snapshot(List.of(slot.entry), false);
        }
        if (query instanceof Query.Range range) {
            List<Entry> entries = new ArrayList<>();
            // Not a stream, which would first count all entries after this name.
            for (Slot slot : directory.tailMap(range.after(), false).values()) {
                if (entries.size() == range.limit()) {
                    return new Snapshot(entries, true);
                }
                entries.add(slot.entry);
            }
            return new Snapshot(entries, false);
        }
        Entry[] entries = new Entry[directory.size()];
        int count = 0;
        for (Slot slot : directory.values()) {
            entries[count++] = slot.entry;
        }
        return new Snapshot(List.of(entries), false);
    }

    private void requireGranted(MemoryConnection connection, long leaseId, @Nullable MemoryLease lease) {
        if (leaseId < 0 || leaseId > lastLease) {
            throw refused("lease " + leaseId + " was never granted by this store");
        }
        if (lease != null && lease.connection() != connection) {
            throw refused("lease " + leaseId + " was granted through another connection and counts there only");
        }
    }

    private static boolean holds(Condition condition, @Nullable NavigableMap<String, Slot> directory) {
        Slot slot = directory == null ? null : directory.get(condition.name());
        if (condition instanceof Condition.CreateRevision create) {
            return slot != null && slot.entry.createRevision() == create.revision();
        }
        if (condition instanceof Condition.ModRevision mod) {
            return slot != null && slot.entry.modRevision() == mod.revision();
        }
        return (condition instanceof Condition.Present) == (slot != null);
    }

    private static void requireBindings(List<Write> writes, @Nullable NavigableMap<String, Slot> directory) {
        if (directory == null) {
            return;
        }
        for (Write write : writes) {
            if (write instanceof Write.Put put) {
                Slot slot = directory.get(put.name());
                if (slot != null && slot.entry.leaseId() != put.leaseId()) {
                    throw refused("entry '" + put.name() + "' is bound to lease " + slot.entry.leaseId()
                            + " until it is deleted; a put has to name that lease, and this put names " + put.leaseId()
                            + " (0 is none)");
                }
            }
        }
    }

    /** Returns the revision, or 0 if nothing changed. */
    private long apply(Commit commit, @Nullable MemoryLease lease) {
        String path = commit.directory();
        NavigableMap<String, Slot> directory = directories.get(path);
        long next = revision + 1;
        boolean changed = false;
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                if (directory == null) {
                    directory = new TreeMap<>(Names.ORDER);
                    directories.put(path, directory);
                }
                put(directory, path, put, next, lease);
                changed = true;
                watches.announce(path, put.name(), next);
            } else if (directory != null) {
                Slot slot = directory.remove(write.name());
                if (slot != null) {
                    slot.forget();
                    changed = true;
                    watches.announce(path, write.name(), next);
                }
            }
        }
        if (!changed) {
            return 0;
        }
        if (directory != null && directory.isEmpty()) {
            directories.remove(path);
        }
        revision = next;
        return next;
    }

    private static void put(
            NavigableMap<String, Slot> directory, String path, Write.Put put, long at, @Nullable MemoryLease lease) {
        Slot slot = directory.get(put.name());
        if (slot == null) {
            // A commit names at most one lease, but not each of its puts has to name it.
            slot = new Slot(
                    path, new Entry(put.name(), put.value(), at, at, put.leaseId()), put.leaseId() == 0 ? null : lease);
            directory.put(put.name(), slot);
        } else {
            slot.entry = new Entry(put.name(), put.value(), slot.entry.createRevision(), at, put.leaseId());
        }
    }

    private void setDeadline(MemoryLease lease) {
        lease.deadline = time.nanoTime() + lease.ttl().toNanos();
        byDeadline.add(lease);
        timerStale = true;
    }

    private void expireDue() {
        if (byDeadline.isEmpty()) {
            return;
        }
        long now = time.nanoTime();
        while (!byDeadline.isEmpty() && now - byDeadline.first().deadline >= 0) {
            end(byDeadline.pollFirst());
        }
    }

    /** The end of a lease is one commit for each directory in which it has entries. */
    private void end(MemoryLease lease) {
        leases.remove(lease.id());
        timerStale = true;
        Map<String, List<Slot>> byDirectory =
                lease.slots.stream().collect(groupingBy(slot -> slot.directory, LinkedHashMap::new, toList()));
        lease.slots.clear();
        byDirectory.forEach((path, slots) -> {
            long at = ++revision;
            NavigableMap<String, Slot> directory = requireNonNull(directories.get(path));
            for (Slot slot : slots) {
                directory.remove(slot.entry.name());
                watches.announce(path, slot.entry.name(), at);
            }
            if (directory.isEmpty()) {
                directories.remove(path);
            }
        });
    }

    /** Sets the timer for the first deadline. Without a connection there are no watches, so no timer is set. */
    private void arm() {
        if (connections.isEmpty() || byDeadline.isEmpty()) {
            disarm();
            return;
        }
        long deadline = byDeadline.first().deadline;
        if (cancelTimer == null || timerDeadline != deadline) {
            disarm();
            int generation = timerGeneration;
            timerDeadline = deadline;
            cancelTimer = time.schedule(
                    Duration.ofNanos(deadline - time.nanoTime()), Runnable::run, () -> timerFired(generation));
        }
    }

    private void disarm() {
        timerGeneration++;
        if (cancelTimer != null) {
            cancelTimer.run();
            cancelTimer = null;
        }
    }

    private void timerFired(int generation) {
        lock.lock();
        try {
            // A timer that was cancelled while it began to run has a successor.
            if (generation == timerGeneration) {
                cancelTimer = null;
                timerStale = true;
                expireDue();
            }
        } finally {
            unlock();
        }
    }

    /** The place of an entry in its directory, and on the list of its lease. */
    static final class Slot {
        private final String directory;
        private final @Nullable MemoryLease lease;
        private Entry entry;

        Slot(String directory, Entry entry, @Nullable MemoryLease lease) {
            this.directory = directory;
            this.entry = entry;
            this.lease = lease;
            if (lease != null) {
                lease.slots.add(this);
            }
        }

        private void forget() {
            if (lease != null) {
                lease.slots.remove(this);
            }
        }
    }
}
