package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Reads and commits that are correct, except for one kind of query, condition, write or entry. */
final class ConditionalCommitMutants {
    private ConditionalCommitMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.store(
                        "READ-2a",
                        "a commit that a dead lease refuses is visible for a moment",
                        world -> new PlainStore(world.time()) {
                            @Override
                            CommitResult commit(Commit commit) {
                                CommitResult result = super.commit(commit);
                                if (result instanceof CommitResult.LeaseDead && hold(commit)) {
                                    apply(commit);
                                    world.later(
                                            Duration.ofMillis(5),
                                            Runnable::run,
                                            () -> step(() -> {
                                                commit.writes()
                                                        .forEach(write -> remove(commit.directory(), write.name()));
                                                return null;
                                            }));
                                }
                                return result;
                            }
                        }),
                Mutant.store(
                        "READ-2b",
                        "deletes of a commit take effect a moment after its puts",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void apply(String directory, Write write, long at) {
                                if (write instanceof Write.Put) {
                                    super.apply(directory, write, at);
                                    return;
                                }
                                world.later(
                                        Duration.ofMillis(2),
                                        Runnable::run,
                                        () -> step(() -> {
                                            super.apply(directory, write, at);
                                            return null;
                                        }));
                            }
                        }),
                Mutant.client(
                        "READ-2c",
                        "an entry is read with the lease that its name had before",
                        (world, below) -> ReadMutants.reading(below, new FormerLease(world)::told)),
                querying(
                        "READ-3a",
                        "a range misses entries that were put again",
                        Query.Range.class,
                        (world, read) -> new Snapshot(
                                read.entries().stream()
                                        .filter(entry ->
                                                entry.modRevision() == entry.createRevision() || !world.chance(200))
                                        .toList(),
                                read.more())),
                Mutant.client(
                        "READ-3b",
                        "a read of one entry shows a deleted entry once more",
                        (world, below) -> new Wrapper(below) {
                            private final Map<Query, Snapshot> last = new ConcurrentHashMap<>();

                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).thenApply(read -> {
                                    Snapshot before = query instanceof Query.One ? last.put(query, read) : null;
                                    return before != null && read.entries().isEmpty() ? before : read;
                                });
                            }
                        }),
                Mutant.client(
                        "READ-3c",
                        "a range shows entries as the range before had them",
                        (world, below) -> new Wrapper(below) {
                            private final Map<String, Entry> seen = new ConcurrentHashMap<>();

                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).thenApply(read -> {
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
                                });
                            }
                        }),
                Mutant.client(
                        "READ-4a",
                        "a range of a directory that was emptied is an error",
                        (world, below) -> new Wrapper(below) {
                            private final Set<String> used = ConcurrentHashMap.newKeySet();

                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).thenCompose(read -> {
                                    if (!read.entries().isEmpty()) {
                                        used.add(query.directory());
                                    }
                                    boolean gone = read.entries().isEmpty()
                                            && query instanceof Query.Range range
                                            && range.after().isEmpty()
                                            && used.contains(query.directory());
                                    return gone
                                            ? failedFuture(new BackendException(
                                                    Outcome.NOT_APPLIED, false, "no such directory", null))
                                            : completedFuture(read);
                                });
                            }
                        }),
                querying(
                        "READ-4b",
                        "a range leaves out entries without a value",
                        Query.Range.class,
                        (world, read) -> new Snapshot(
                                read.entries().stream()
                                        .filter(entry -> !entry.value().equals(Bytes.EMPTY))
                                        .toList(),
                                read.more())),
                Mutant.client(
                        "READ-4b",
                        "a put of an empty value over a value deletes the entry",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.read(new Query.All(commit.directory()))
                                        .thenCompose(all -> super.commit(Commits.writing(
                                                commit,
                                                commit.writes().stream()
                                                        .map(write -> write instanceof Write.Put put
                                                                        && put.value()
                                                                                .equals(Bytes.EMPTY)
                                                                        && hasValue(all, put.name())
                                                                ? new Write.Delete(put.name())
                                                                : write)
                                                        .toList())));
                            }
                        }),
                Mutant.library(
                        "READ-6",
                        "after a reconnect new entries are not seen at first",
                        (world, network, executor) -> new Behind(network)),
                querying(
                        "READ-7a",
                        "a range has 500 entries at most",
                        Query.Range.class,
                        (world, read) -> new Snapshot(
                                read.entries()
                                        .subList(0, Math.min(500, read.entries().size())),
                                read.more())),
                Mutant.client(
                        "READ-8a",
                        "the entry returned with a conflict was read earlier",
                        (world, below) -> new ReadBefore(world, below, Query.One.class, true)),
                Mutant.client(
                        "READ-8b",
                        "the range returned with a commit was read before the commit",
                        (world, below) -> new ReadBefore(world, below, Query.Range.class, false)),
                Mutant.store(
                        "COM-2b",
                        "an absent entry has the latest revision of its directory",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean holds(Condition condition, Optional<Entry> entry) {
                                return super.holds(condition, entry)
                                        || (entry.isEmpty()
                                                && condition instanceof Condition.ModRevision modified
                                                && modified.revision() == revision);
                            }
                        }),
                conflicts(
                        "COM-2c",
                        "an unmet condition on a revision is a failure",
                        commit -> commit.conditions().stream()
                                .anyMatch(condition -> condition instanceof Condition.CreateRevision
                                        || condition instanceof Condition.ModRevision)),
                conflicts(
                        "COM-2c",
                        "a conflict with a returned read is a failure",
                        commit -> commit.returning().isPresent()),
                Mutant.client(
                        "COM-3",
                        "'absent' is checked in advance for a name that existed before",
                        (world, below) -> new CommitMutants.CheckThenAct(world, below) {
                            private final Set<String> deleted = ConcurrentHashMap.newKeySet();

                            @Override
                            boolean isChecked(Commit commit) {
                                commit.writes().stream()
                                        .filter(Write.Delete.class::isInstance)
                                        .forEach(write -> deleted.add(write.name()));
                                return super.isChecked(commit)
                                        && commit.conditions().stream()
                                                .anyMatch(condition -> condition instanceof Condition.Absent
                                                        && deleted.contains(condition.name()));
                            }
                        }),
                Mutant.client(
                        "COM-5c", "a commit that only deletes has revision -1", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                boolean deletes = !commit.writes().isEmpty()
                                        && commit.writes().stream().allMatch(Write.Delete.class::isInstance);
                                return super.commit(commit)
                                        .thenApply(result -> deletes
                                                        && result instanceof CommitResult.Committed committed
                                                        && committed.revision() > 0
                                                ? new CommitResult.Committed(-1, committed.snapshot())
                                                : result);
                            }
                        }),
                Mutant.store("COM-6", "some revisions come from a range that was reserved earlier", PutAside::new),
                storeWide("each directory has a counter of its own", world -> new PlainStore(world.time()) {
                    private final Map<String, Long> last = new HashMap<>();

                    @Override
                    long next(String directory) {
                        return last.merge(directory, 1L, Long::sum);
                    }
                }),
                storeWide(
                        "each directory takes revisions from the store eight at a time",
                        world -> new PlainStore(world.time()) {
                            private final Map<String, Long> last = new HashMap<>();

                            @Override
                            long next(String directory) {
                                long before = last.getOrDefault(directory, 0L);
                                long next = before % 8 == 0 ? super.next(directory) * 8 + 1 : before + 1;
                                last.put(directory, next);
                                return next;
                            }
                        }),
                Mutant.store(
                        "COM-7b",
                        "an entry created while another is deleted takes over its createRevision",
                        world -> new PlainStore(world.time()) {
                            private long deleted;

                            @Override
                            long apply(Commit commit) {
                                deleted = commit.writes().stream()
                                        .filter(Write.Delete.class::isInstance)
                                        .flatMap(write -> entry(commit.directory(), write.name()).stream())
                                        .mapToLong(Entry::createRevision)
                                        .findFirst()
                                        .orElse(0);
                                return super.apply(commit);
                            }

                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                Entry entry = super.put(put, before, at);
                                return before.isPresent() || deleted == 0
                                        ? entry
                                        : new Entry(entry.name(), entry.value(), deleted, at, entry.leaseId());
                            }
                        }),
                NameMutants.sharing(
                        "NAM-2c",
                        "slashes where namespace and directory meet are written once",
                        (namespace, directory) -> namespace.replaceAll("/+$", "")
                                + "/"
                                + (namespace.endsWith("/") ? "/" : "")
                                + directory));
    }

    /** A store that promises STORE_WIDE_REVISIONS and does not keep it. */
    private static Mutant storeWide(String what, Function<World, PlainStore> store) {
        return new Mutant(what, "COM-14", new World.Backends() {
            @Override
            public PlainStore store(World world) {
                return store.apply(world);
            }

            @Override
            public Backend connect(World world, BackendConfig config) {
                return new Promising(new PlainClient(world.store(config), config), Promise.STORE_WIDE_REVISIONS);
            }
        });
    }

    /** Reports conflicts of some commits as failures. */
    private static Mutant conflicts(String rule, String what, java.util.function.Predicate<Commit> failing) {
        return Mutant.client(rule, what, (world, below) -> new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .thenCompose(result -> result instanceof CommitResult.Conflict && failing.test(commit)
                                ? failedFuture(new BackendException(
                                        Outcome.NOT_APPLIED, false, "a condition did not hold", null))
                                : completedFuture(result));
            }
        });
    }

    /** Answers queries of one kind differently. */
    private static Mutant querying(
            String rule,
            String what,
            Class<? extends Query> kind,
            java.util.function.BiFunction<World, Snapshot, Snapshot> told) {
        return Mutant.client(rule, what, (world, below) -> new Wrapper(below) {
            @Override
            public CompletionStage<Snapshot> read(Query query) {
                return super.read(query).thenApply(read -> kind.isInstance(query) ? told.apply(world, read) : read);
            }
        });
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

        Snapshot told(Snapshot read) {
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
    private static final class Behind extends Wrapper {
        private final Map<Query, Set<String>> names = new ConcurrentHashMap<>();
        private volatile boolean reconnected;

        Behind(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(query)
                    .whenComplete((read, failure) -> reconnected |= failure != null)
                    .thenApply(read -> {
                        Set<String> now = new HashSet<>();
                        read.entries().forEach(entry -> now.add(entry.name()));
                        Set<String> before = names.put(query, now);
                        if (!reconnected || before == null) {
                            return read;
                        }
                        reconnected = false;
                        return new Snapshot(
                                read.entries().stream()
                                        .filter(entry -> before.contains(entry.name()))
                                        .toList(),
                                read.more());
                    });
        }
    }

    /** Reads the returned snapshot before the commit, for one kind of query. */
    private static final class ReadBefore extends Wrapper {
        private final World world;
        private final Class<? extends Query> kind;
        private final boolean ofConflicts;

        ReadBefore(World world, Backend below, Class<? extends Query> kind, boolean ofConflicts) {
            super(below);
            this.world = world;
            this.kind = kind;
            this.ofConflicts = ofConflicts;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            Backend before = new ReadMutants.SnapshotBefore(world, below, ofConflicts);
            return commit.returning().filter(kind::isInstance).isPresent()
                    ? before.commit(commit)
                    : super.commit(commit);
        }
    }

    /** Assigns revisions from a range that it reserved earlier, as a server with a range of its own does. */
    private static final class PutAside extends PlainStore {
        private final Map<String, Long> first = new HashMap<>();
        private final World world;

        PutAside(World world) {
            super(world.time());
            this.world = world;
        }

        @Override
        long next(String directory) {
            long now = super.next(directory) * 16;
            return world.chance(100)
                    ? Math.max(1, first.getOrDefault(directory, now) + revision % 8)
                    : kept(directory, now);
        }

        private long kept(String directory, long now) {
            if (revision % 8 == 0) {
                first.put(directory, now);
            }
            return now;
        }
    }
}
