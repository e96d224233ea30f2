package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Reads and commits that are correct, except for one kind of query, condition, write or entry. */
final class ConditionalCommitMutants {
    private ConditionalCommitMutants() {}

    static void addTo(Mutants all) {
        atomicReads(all);
        listings(all);
        emptiness(all);
        caches(all);
        returnedReads(all);
        commits(all);
        revisions(all);
        names(all);
    }

    private static void atomicReads(Mutants all) {
        all.store("READ-2a", "a commit that a dead lease refuses is visible for a moment")
                .with(store -> store.commit = commit -> {
                    CommitResult result = store.commit(commit);
                    if (result instanceof CommitResult.LeaseDead && store.hold(commit)) {
                        store.apply(commit);
                        store.later(
                                Duration.ofMillis(5),
                                () -> commit.writes().forEach(write -> store.remove(commit.directory(), write.name())));
                    }
                    return result;
                });
        all.store("READ-2b", "deletes of a commit take effect a moment after its puts")
                .with(store -> store.write = (directory, write, at) -> {
                    if (write instanceof Write.Put) {
                        store.write(directory, write, at);
                        return;
                    }
                    store.later(Duration.ofMillis(2), () -> store.write(directory, write, at));
                });
        all.client("READ-2c", "an entry is read with the lease that its name had before")
                .with((world, below) -> ReadMutants.reading(below, new FormerLease(world)::changed));
    }

    private static void listings(Mutants all) {
        all.client("READ-3a", "a range misses entries that were put again")
                .in(querying(
                        Query.Range.class,
                        (world, read) -> new Snapshot(
                                read.entries().stream()
                                        .filter(entry ->
                                                entry.modRevision() == entry.createRevision() || !world.chance(200))
                                        .toList(),
                                read.more())));
        all.client("READ-3b", "a read of one entry shows a deleted entry once more")
                .with((world, below) -> {
                    Map<Query, Snapshot> last = new ConcurrentHashMap<>();
                    return new Hooks(below)
                            .reads(query -> below.read(query).thenApply(read -> {
                                Snapshot before = query instanceof Query.One ? last.put(query, read) : null;
                                return before != null && read.entries().isEmpty() ? before : read;
                            }));
                });
        all.client("READ-3c", "a range shows entries as the range before had them")
                .with((world, below) -> {
                    Map<String, Entry> seen = new ConcurrentHashMap<>();
                    return new Hooks(below)
                            .reads(query -> below.read(query).thenApply(read -> {
                                List<Entry> entries = new ArrayList<>(read.entries());
                                entries.replaceAll(entry -> {
                                    Entry before = query instanceof Query.Range
                                            ? seen.put(query.directory() + "/" + entry.name(), entry)
                                            : null;
                                    return before != null && before.createRevision() == entry.createRevision()
                                            ? before
                                            : entry;
                                });
                                return new Snapshot(entries, read.more());
                            }));
                });
    }

    private static void emptiness(Mutants all) {
        all.client("READ-4a", "a range of a directory that was emptied is an error")
                .with((world, below) -> {
                    Set<String> used = ConcurrentHashMap.newKeySet();
                    return new Hooks(below)
                            .reads(query -> below.read(query).thenCompose(read -> {
                                if (!read.entries().isEmpty()) {
                                    used.add(query.directory());
                                }
                                boolean gone = read.entries().isEmpty()
                                        && query instanceof Query.Range range
                                        && range.after().isEmpty()
                                        && used.contains(query.directory());
                                return gone
                                        ? failedFuture(Failures.notApplied("no such directory"))
                                        : completedFuture(read);
                            }));
                });
        all.client("READ-4b", "a range leaves out entries without a value")
                .in(querying(
                        Query.Range.class,
                        (world, read) -> new Snapshot(
                                read.entries().stream()
                                        .filter(entry -> !entry.value().equals(Bytes.EMPTY))
                                        .toList(),
                                read.more())));
        all.client("READ-4b", "a put of an empty value over a value deletes the entry")
                .commits((world, below, commit) -> below.read(new Query.All(commit.directory()))
                        .thenCompose(former -> below.commit(Commits.writing(
                                commit,
                                commit.writes().stream()
                                        .map(write -> write instanceof Write.Put put
                                                        && put.value().equals(Bytes.EMPTY)
                                                        && hasValue(former, put.name())
                                                ? new Write.Delete(put.name())
                                                : write)
                                        .toList()))));
    }

    private static void caches(Mutants all) {
        all.library("READ-6", "after a reconnect new entries are not seen at first")
                .with(ConditionalCommitMutants::behind);
        all.client("READ-7a", "a range has 500 entries at most")
                .in(querying(
                        Query.Range.class,
                        (world, read) -> new Snapshot(
                                read.entries()
                                        .subList(0, Math.min(500, read.entries().size())),
                                read.more())));
    }

    private static void returnedReads(Mutants all) {
        all.client("READ-8a", "the entry returned with a conflict was read earlier")
                .with((world, below) -> readBefore(world, below, Query.One.class, true));
        all.client("READ-8b", "the range returned with a commit was read before the commit")
                .with((world, below) -> readBefore(world, below, Query.Range.class, false));
    }

    private static void commits(Mutants all) {
        all.store("COM-2b", "an absent entry has the latest revision of its directory")
                .with(store -> store.holds = (condition, entry) -> store.holds(condition, entry)
                        || (entry.isEmpty()
                                && condition instanceof Condition.ModRevision modified
                                && modified.revision() == store.revision));
        all.client("COM-2c", "an unmet condition on a revision is a failure")
                .in(conflicts(commit -> commit.conditions().stream()
                        .anyMatch(condition -> condition instanceof Condition.CreateRevision
                                || condition instanceof Condition.ModRevision)));
        all.client("COM-2c", "a conflict with a returned read is a failure")
                .in(conflicts(commit -> commit.returning().isPresent()));
        all.client("COM-3", "'absent' is checked in advance for a name that existed before")
                .with((world, below) -> {
                    Set<String> deleted = ConcurrentHashMap.newKeySet();
                    return CommitMutants.checkThenActOn(world, below, commit -> {
                        commit.writes().stream()
                                .filter(Write.Delete.class::isInstance)
                                .forEach(write -> deleted.add(write.name()));
                        return Commits.requires(
                                commit,
                                condition ->
                                        condition instanceof Condition.Absent && deleted.contains(condition.name()));
                    });
                });
    }

    private static void revisions(Mutants all) {
        all.client("COM-5c", "a commit that only deletes has revision -1").commits((world, below, commit) -> {
            boolean deletes =
                    !commit.writes().isEmpty() && commit.writes().stream().allMatch(Write.Delete.class::isInstance);
            return below.commit(commit)
                    .thenApply(result ->
                            deletes && result instanceof CommitResult.Committed committed && committed.revision() > 0
                                    ? new CommitResult.Committed(-1, committed.snapshot())
                                    : result);
        });
        all.store("COM-6", "some revisions come from a range that was reserved earlier")
                .with(ConditionalCommitMutants::putAside);
        all.add(storeWide("each directory has a counter of its own", store -> {
            Map<String, Long> last = new HashMap<>();
            store.next = directory -> last.merge(directory, 1L, Long::sum);
        }));
        all.add(storeWide("each directory takes revisions from the store eight at a time", store -> {
            Map<String, Long> last = new HashMap<>();
            store.next = directory -> {
                long before = last.getOrDefault(directory, 0L);
                long next = before % 8 == 0 ? store.next(directory) * 8 + 1 : before + 1;
                last.put(directory, next);
                return next;
            };
        }));
        all.store("COM-7b", "an entry created while another is deleted takes over its createRevision")
                .with(store -> {
                    long[] deleted = {0};
                    store.apply = commit -> {
                        deleted[0] = commit.writes().stream()
                                .filter(Write.Delete.class::isInstance)
                                .flatMap(write -> store.entry(commit.directory(), write.name()).stream())
                                .mapToLong(Entry::createRevision)
                                .findFirst()
                                .orElse(0);
                        return store.apply(commit);
                    };
                    store.put = (put, before, at) -> {
                        Entry entry = store.put(put, before, at);
                        return before.isPresent() || deleted[0] == 0
                                ? entry
                                : new Entry(entry.name(), entry.value(), deleted[0], at, entry.leaseId());
                    };
                });
    }

    private static void names(Mutants all) {
        all.add(NameMutants.sharing(
                "NAM-2c",
                "slashes where namespace and directory meet are written once",
                (namespace, directory) ->
                        namespace.replaceAll("/+$", "") + "/" + (namespace.endsWith("/") ? "/" : "") + directory));
    }

    /** A store that promises STORE_WIDE_REVISIONS and does not keep it. */
    private static Mutant storeWide(String what, Consumer<PlainStore> bug) {
        return new Mutant(what, "COM-14", new World.Backends() {
            @Override
            public PlainStore store(World world) {
                PlainStore store = new PlainStore(world.time());
                bug.accept(store);
                return store;
            }

            @Override
            public Backend connect(World world, BackendConfig config) {
                return new Promising(new PlainClient(world.store(config), config), Promise.STORE_WIDE_REVISIONS);
            }
        });
    }

    /** Reports conflicts of some commits as failures. */
    private static Mutants.Layer conflicts(Predicate<Commit> failing) {
        return (world, below, executor) -> new Hooks(below)
                .commits(commit -> below.commit(commit)
                        .thenCompose(result -> result instanceof CommitResult.Conflict && failing.test(commit)
                                ? failedFuture(Failures.notApplied("a condition did not hold"))
                                : completedFuture(result)));
    }

    /** Answers queries of one kind differently. */
    private static Mutants.Layer querying(Class<? extends Query> kind, BiFunction<World, Snapshot, Snapshot> changed) {
        return (world, below, executor) -> new Hooks(below)
                .reads(query -> below.read(query)
                        .thenApply(read -> kind.isInstance(query) ? changed.apply(world, read) : read));
    }

    private static boolean hasValue(Snapshot all, String name) {
        return all.entries().stream()
                .anyMatch(entry -> entry.name().equals(name) && !entry.value().equals(Bytes.EMPTY));
    }

    /** Remembers a lease for each name, and forgets it late. */
    private static final class FormerLease {
        private final World world;
        private final Map<String, Long> leases = new ConcurrentHashMap<>();

        FormerLease(World world) {
            this.world = world;
        }

        Snapshot changed(Snapshot read) {
            return new Snapshot(
                    read.entries().stream()
                            .map(entry -> {
                                Long before = leases.put(entry.name(), entry.leaseId());
                                return before == null || !world.chance(500)
                                        ? entry
                                        : new Entry(
                                                entry.name(),
                                                entry.value(),
                                                entry.createRevision(),
                                                entry.modRevision(),
                                                before);
                            })
                            .toList(),
                    read.more());
        }
    }

    /** The first listing after a failure contains only names that the previous listing had. */
    private static Backend behind(Backend below) {
        Map<Query, Set<String>> names = new ConcurrentHashMap<>();
        AtomicBoolean reconnected = new AtomicBoolean();
        return new Hooks(below)
                .reads(query -> below.read(query)
                        .whenComplete((read, failure) -> reconnected.compareAndSet(false, failure != null))
                        .thenApply(read -> {
                            Set<String> now = new HashSet<>();
                            read.entries().forEach(entry -> now.add(entry.name()));
                            Set<String> before = names.put(query, now);
                            return before == null || !reconnected.getAndSet(false)
                                    ? read
                                    : new Snapshot(
                                            read.entries().stream()
                                                    .filter(entry -> before.contains(entry.name()))
                                                    .toList(),
                                            read.more());
                        }));
    }

    /** Reads the returned snapshot before the commit, for one kind of query. */
    private static Backend readBefore(World world, Backend below, Class<? extends Query> kind, boolean ofConflicts) {
        return new Hooks(below).commits(commit -> {
            Backend before = ReadMutants.readBefore(world, below, ofConflicts);
            return commit.returning().filter(kind::isInstance).isPresent()
                    ? before.commit(commit)
                    : below.commit(commit);
        });
    }

    /** Assigns revisions from a range that it reserved earlier, as a server with a range of its own does. */
    private static void putAside(World world, PlainStore store) {
        Map<String, Long> first = new HashMap<>();
        store.next = directory -> {
            long now = store.next(directory) * 16;
            if (world.chance(100)) {
                return Math.max(1, first.getOrDefault(directory, now) + store.revision % 8);
            }
            if (store.revision % 8 == 0) {
                first.put(directory, now);
            }
            return now;
        };
    }
}
