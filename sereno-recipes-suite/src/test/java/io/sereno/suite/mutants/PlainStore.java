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
import java.util.Collection;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/**
 * A store in this JVM, made to be broken: every step that a rule is about has a hook, which a mutant replaces. Unchanged,
 * it keeps all rules. It uses the clock of its server, which is given here; its clients have their own.
 *
 * <p>One lock guards everything; the hooks run under it. Notices are sent after the lock is released.
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

    // ---- hooks: what is done in each step; the method of the same name is the correct step

    Function<Query, Snapshot> read = this::read;
    BiPredicate<Integer, Integer> more = this::more;
    Function<String, List<Entry>> entries = this::entries;
    Supplier<Comparator<String>> order = this::order;
    UnaryOperator<String> key = this::key;
    UnaryOperator<String> path = this::path;
    Supplier<Collection<String>> paths = this::paths;
    Function<Commit, CommitResult> commit = this::commit;
    LongPredicate lives = this::lives;
    Predicate<Commit> hold = this::hold;
    BiPredicate<Condition, Optional<Entry>> holds = this::holds;
    ToLongFunction<Commit> apply = this::apply;
    ToLongFunction<Commit> unchanged = this::unchanged;
    ToLongFunction<String> next = this::next;
    Step.Writing write = this::write;
    Step.Putting put = this::put;
    Consumer<String> emptied = this::emptied;
    BiFunction<PlainClient, Duration, PlainLease> grant = this::grant;
    LongSupplier nextLease = this::nextLease;
    UnaryOperator<Duration> granted = this::granted;
    Predicate<PlainLease> renew = this::renew;
    Consumer<PlainLease> revoke = this::revoke;
    Function<PlainLease, Duration> life = this::life;
    Runnable sweep = this::sweep;
    Consumer<PlainLease> expire = this::expire;
    Consumer<PlainLease> end = this::end;
    BiConsumer<String, List<Entry>> delete = this::delete;
    Consumer<PlainWatch> restored = this::restored;
    Consumer<PlainWatch> watch = this::watch;
    Consumer<PlainWatch> cancel = this::cancel;
    Step.Announcing announce = this::announce;
    Step.Covering covers = this::covers;
    Step.Noticing sendNotice = this::sendNotice;

    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong steps = new AtomicLong();
    private final List<PlainWatch> awake = new ArrayList<>();
    private long lastLease;

    PlainStore(TimeSource time) {
        this.time = time;
    }

    Backend connect(BackendConfig config) {
        return new PlainClient(this, config);
    }

    /** Runs something in one step. */
    final void step(Runnable what) {
        step(() -> {
            what.run();
            return true;
        });
    }

    /** Runs something in one step, a while later. */
    final void later(Duration delay, Runnable what) {
        time.schedule(delay, Runnable::run, () -> step(what));
    }

    /** The same with a result. */
    final <T> T step(Supplier<T> what) {
        List<PlainWatch> woken;
        lock.lock();
        try {
            steps.incrementAndGet();
            sweep.run();
            return what.get();
        } finally {
            woken = List.copyOf(awake);
            awake.clear();
            lock.unlock();
            woken.forEach(PlainWatch::wake);
        }
    }

    /**
     * Releases the lock in the middle of a step if other threads wait for it, until they have made this many steps. A
     * store without a lock is like this, but seldom at the moment that matters.
     */
    final void letOthersIn(int most) {
        for (int i = 0; i < 200 && !lock.hasQueuedThreads(); i++) {
            Thread.onSpinWait();
        }
        if (!lock.hasQueuedThreads()) {
            return;
        }
        long goal = steps.get() + most;
        lock.unlock();
        try {
            for (int i = 0; i < 200 && steps.get() < goal; i++) {
                LockSupport.parkNanos(20_000);
            }
        } finally {
            lock.lock();
        }
    }

    // ---- reads

    Snapshot read(Query query) {
        List<Entry> entries = new ArrayList<>(this.entries.apply(query.directory()));
        if (query instanceof Query.One one) {
            entries.removeIf(entry -> !key.apply(entry.name()).equals(key.apply(one.name())));
            return new Snapshot(entries, false);
        }
        if (query instanceof Query.Range range) {
            entries.removeIf(entry -> order.get().compare(entry.name(), range.after()) <= 0);
            boolean more = this.more.test(entries.size(), range.limit());
            return new Snapshot(entries.subList(0, Math.min(entries.size(), range.limit())), more);
        }
        return new Snapshot(entries, false);
    }

    boolean more(int left, int limit) {
        return left > limit;
    }

    /** In their order. */
    List<Entry> entries(String directory) {
        NavigableMap<String, Entry> found = directories.get(path.apply(directory));
        return found == null ? List.of() : List.copyOf(found.values());
    }

    Optional<Entry> entry(String directory, String name) {
        NavigableMap<String, Entry> found = directories.get(path.apply(directory));
        return Optional.ofNullable(found == null ? null : found.get(key.apply(name)));
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

    /** The paths of all directories. */
    Collection<String> paths() {
        return List.copyOf(directories.keySet());
    }

    // ---- commits

    CommitResult commit(Commit commit) {
        long lease = leaseOf(commit);
        if (lease != 0 && !lives.test(lease)) {
            return new CommitResult.LeaseDead();
        }
        if (!hold.test(commit)) {
            return new CommitResult.Conflict(commit.returning().map(read));
        }
        long at = apply.applyAsLong(commit);
        return new CommitResult.Committed(at, commit.returning().map(read));
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
                .allMatch(condition -> holds.test(condition, entry(commit.directory(), condition.name())));
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
            return unchanged.applyAsLong(commit);
        }
        long at = next.applyAsLong(commit.directory());
        for (Write write : commit.writes()) {
            this.write.of(commit.directory(), write, at);
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

    void write(String directory, Write write, long at) {
        Optional<Entry> before = entry(directory, write.name());
        if (write instanceof Write.Put put) {
            store(directory, this.put.of(put, before, at));
            announce.of(directory, write.name(), at);
        } else if (before.isPresent()) {
            remove(directory, write.name());
            announce.of(directory, write.name(), at);
        }
    }

    Entry put(Write.Put put, Optional<Entry> before, long at) {
        return new Entry(
                put.name(), put.value(), before.map(Entry::createRevision).orElse(at), at, put.leaseId());
    }

    final void store(String directory, Entry entry) {
        directories
                .computeIfAbsent(path.apply(directory), path -> new TreeMap<>(order.get()))
                .put(key.apply(entry.name()), entry);
    }

    final void remove(String directory, String name) {
        NavigableMap<String, Entry> entries = directories.get(path.apply(directory));
        if (entries != null) {
            entries.remove(key.apply(name));
            if (entries.isEmpty()) {
                emptied.accept(directory);
            }
        }
    }

    void emptied(String directory) {
        directories.remove(path.apply(directory));
    }

    // ---- leases

    PlainLease grant(PlainClient client, Duration ttl) {
        PlainLease lease = new PlainLease(this, client, nextLease.getAsLong(), granted.apply(ttl));
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
        if (!lives.test(lease.id())) {
            return false;
        }
        prolong(lease);
        return true;
    }

    void revoke(PlainLease lease) {
        if (leases.remove(lease.id()) != null) {
            end.accept(lease);
        }
    }

    final void prolong(PlainLease lease) {
        lease.deadline = time.nanoTime() + life.apply(lease).toNanos();
        // A timer ends leases that no request touches.
        later(life.apply(lease), () -> {});
    }

    /** The time from a grant or renewal to the end. */
    Duration life(PlainLease lease) {
        return lease.ttl();
    }

    /** Ends the leases whose time is over. */
    void sweep() {
        long now = time.nanoTime();
        for (PlainLease lease : List.copyOf(leases.values())) {
            if (now - lease.deadline >= 0) {
                expire.accept(lease);
            }
        }
    }

    void expire(PlainLease lease) {
        leases.remove(lease.id());
        end.accept(lease);
    }

    /** Deletes the entries under a lease, with one commit for each directory. */
    void end(PlainLease lease) {
        for (String path : List.copyOf(directories.keySet())) {
            List<Entry> entries = this.entries.apply(path).stream()
                    .filter(entry -> entry.leaseId() == lease.id())
                    .toList();
            if (!entries.isEmpty()) {
                delete.accept(path, entries);
            }
        }
    }

    void delete(String directory, List<Entry> entries) {
        long at = next.applyAsLong(directory);
        for (Entry entry : entries) {
            remove(directory, entry.name());
            announce.of(directory, entry.name(), at);
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
            watches.forEach(restored);
            return null;
        });
    }

    void restored(PlainWatch watch) {
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
            if (covers.test(watch, directory, name)) {
                sendNotice.of(watch, name, at);
            }
        }
    }

    boolean covers(PlainWatch watch, String directory, String name) {
        return watch.target().directory().equals(directory)
                && watch.target().name().map(name::equals).orElse(true);
    }

    void sendNotice(PlainWatch watch, String name, long at) {
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
