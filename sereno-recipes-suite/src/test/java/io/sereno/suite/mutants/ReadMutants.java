package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Reads that show what they should not. */
final class ReadMutants {
    private ReadMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.client("READ-1", "one read in a hundred is answered by a replica that lags", Lagging::new),
                Mutant.client("READ-1", "a client reads its own writes and caches the others'", Caching::new),
                Mutant.client("READ-2a", "a commit that ends as a conflict is sometimes applied", Undecided::new),
                Mutant.client("READ-2b", "the writes of a commit are sent one by one", OneByOne::new),
                Mutant.client(
                        "READ-2c",
                        "values come from another request than revisions",
                        (world, below) -> reading(below, new MixedFields(world))),
                Mutant.client(
                        "READ-3a",
                        "a directory read iterates over a live map",
                        (world, below) ->
                                reading(below, read -> new Snapshot(withoutOne(world, read.entries()), read.more()))),
                Mutant.client("READ-3b", "a deleted entry is seen again for a moment", Ghosts::new),
                Mutant.client("READ-3c", "one entry in a listing is of an earlier moment", OldEntry::new),
                Mutant.connected(
                        "READ-3d",
                        "snapshot reads are promised, but reads mix moments",
                        (world, config) -> new MixedMoments(world, new PlainClient(world.store(config), config))),
                Mutant.client(
                        "READ-4a", "a directory that does not exist is an error", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query)
                                        .thenCompose(read -> read.entries().isEmpty() && query instanceof Query.All
                                                ? failedFuture(new BackendException(
                                                        Outcome.NOT_APPLIED, false, "no such directory", null))
                                                : completedFuture(read));
                            }
                        }),
                Mutant.client(
                        "READ-4b",
                        "an empty value is taken for an absent entry",
                        (world, below) -> reading(
                                below,
                                read -> new Snapshot(
                                        read.entries().stream()
                                                .filter(entry -> !entry.value().equals(Bytes.EMPTY))
                                                .toList(),
                                        read.more()))),
                Mutant.store("READ-5a", "names are sorted by String.compareTo", world -> new PlainStore(world.time()) {
                    @Override
                    Comparator<String> order() {
                        return Comparator.naturalOrder();
                    }
                }),
                Mutant.store("READ-5a", "names are sorted by signed bytes", world -> new PlainStore(world.time()) {
                    @Override
                    Comparator<String> order() {
                        return (left, right) -> java.util.Arrays.compare(
                                Bytes.utf8(left).toArray(), Bytes.utf8(right).toArray());
                    }
                }),
                Mutant.client("READ-5b", "a range begins with the name itself", (world, below) -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Snapshot> read(Query query) {
                        if (!(query instanceof Query.Range range)
                                || range.after().isEmpty()) {
                            return super.read(query);
                        }
                        return super.read(new Query.One(range.directory(), range.after()))
                                .thenCompose(own -> super.read(range).thenApply(rest -> {
                                    List<Entry> entries = new ArrayList<>(own.entries());
                                    entries.addAll(rest.entries());
                                    return new Snapshot(
                                            entries.subList(0, Math.min(range.limit(), entries.size())), rest.more());
                                }));
                    }
                }),
                Mutant.client(
                        "READ-5b",
                        "a range behind a deleted name begins at the first",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                if (!(query instanceof Query.Range range)
                                        || range.after().isEmpty()) {
                                    return super.read(query);
                                }
                                return super.read(new Query.One(range.directory(), range.after()))
                                        .thenCompose(own -> super.read(
                                                own.entries().isEmpty()
                                                        ? new Query.Range(range.directory(), "", range.limit())
                                                        : range));
                            }
                        }),
                Mutant.store(
                        "READ-5c",
                        "more is reported when exactly the limit is left",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean more(int left, int limit) {
                                return left >= limit;
                            }
                        }),
                Mutant.store("READ-5c", "more is never reported", world -> new PlainStore(world.time()) {
                    @Override
                    boolean more(int left, int limit) {
                        return false;
                    }
                }),
                Mutant.library(
                        "READ-6",
                        "a cache that was filled before is served after a reconnect",
                        (world, network, executor) -> new CacheOverReconnects(network)),
                Mutant.store("READ-7a", "a listing ends after 500 entries", world -> new PlainStore(world.time()) {
                    @Override
                    List<Entry> entries(String directory) {
                        List<Entry> all = super.entries(directory);
                        return all.subList(0, Math.min(500, all.size()));
                    }
                }),
                Mutant.client(
                        "READ-7b", "an answer that is too large is truncated", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query)
                                        .exceptionallyCompose(
                                                tooLarge -> super.read(new Query.Range(query.directory(), "", 10)));
                            }
                        }),
                Mutant.client(
                        "READ-7b",
                        "an answer that is too large looks like a lost connection",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query)
                                        .exceptionallyCompose(tooLarge -> failedFuture(new BackendException(
                                                Outcome.NOT_APPLIED, false, "connection lost", null)));
                            }
                        }),
                Mutant.client(
                        "READ-8a",
                        "the returned read of a conflict was made earlier",
                        (world, below) -> new SnapshotBefore(world, below, true)),
                Mutant.client(
                        "READ-8b",
                        "the returned read was made before the commit",
                        (world, below) -> new SnapshotBefore(world, below, false)),
                Mutant.library(
                        "READ-8c",
                        "a commit is reported as failed when its read fails",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenCompose(result -> commit.returning()
                                                                .isPresent()
                                                        && result instanceof CommitResult.Committed committed
                                                        && committed.snapshot().isEmpty()
                                                ? failedFuture(new BackendException(
                                                        Outcome.NOT_APPLIED, false, "the read failed", null))
                                                : completedFuture(result));
                            }
                        }));
    }

    /** A client that changes the results of its reads. */
    static Backend reading(Backend below, UnaryOperator<Snapshot> told) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<Snapshot> read(Query query) {
                return super.read(query).thenApply(told);
            }

            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .thenApply(result -> result instanceof CommitResult.Committed committed
                                ? new CommitResult.Committed(
                                        committed.revision(),
                                        committed.snapshot().map(told))
                                : result instanceof CommitResult.Conflict conflict
                                        ? new CommitResult.Conflict(
                                                conflict.snapshot().map(told))
                                        : result);
            }
        };
    }

    private static List<Entry> withoutOne(World world, List<Entry> entries) {
        List<Entry> left = new ArrayList<>(entries);
        if (left.size() > 1 && world.chance(30)) {
            left.remove(world.random().nextInt(left.size()));
        }
        return left;
    }

    /** Sometimes repeats its previous answer. */
    private static final class Lagging extends Wrapper {
        private final World world;
        private final Map<Query, Snapshot> replica = new ConcurrentHashMap<>();

        Lagging(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            Snapshot old = replica.get(query);
            if (old != null && world.chance(10)) {
                return completedFuture(old);
            }
            return super.read(query).thenApply(read -> {
                replica.put(query, read);
                return read;
            });
        }
    }

    /** Caches answers for a few milliseconds, until its own next write. */
    private static final class Caching extends Wrapper {
        private final World world;
        private final Map<Query, Snapshot> cache = new ConcurrentHashMap<>();

        Caching(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            Snapshot cached = cache.get(query);
            if (cached != null) {
                return completedFuture(cached);
            }
            return super.read(query).thenApply(read -> {
                cache.put(query, read);
                world.later(Duration.ofMillis(5), Runnable::run, () -> cache.remove(query));
                return read;
            });
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            cache.clear();
            return super.commit(commit);
        }
    }

    /** Sometimes writes first and decides afterwards. */
    private static final class Undecided extends Wrapper {
        private final World world;

        Undecided(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).thenCompose(result -> {
                boolean leased = PlainStore.leaseOf(commit) != 0;
                if (result instanceof CommitResult.Conflict && !leased && world.chance(50)) {
                    return super.commit(new Commit(commit.directory(), List.of(), commit.writes(), Optional.empty()))
                            .thenApply(written -> result);
                }
                return completedFuture(result);
            });
        }
    }

    /** Applies the first write with the conditions, and the rest a moment later. */
    static final class OneByOne extends Wrapper {
        private final World world;

        OneByOne(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (commit.writes().size() < 2) {
                return super.commit(commit);
            }
            List<Write> writes = commit.writes();
            Commit first = new Commit(commit.directory(), commit.conditions(), writes.subList(0, 1), Optional.empty());
            Commit rest =
                    new Commit(commit.directory(), List.of(), writes.subList(1, writes.size()), commit.returning());
            return super.commit(first).thenCompose(result -> {
                if (!(result instanceof CommitResult.Committed)) {
                    return completedFuture(result);
                }
                CompletableFuture<CommitResult> all = new CompletableFuture<>();
                world.later(
                        Duration.ofMillis(1),
                        Runnable::run,
                        () -> super.commit(rest).whenComplete((second, failure) -> all.complete(second)));
                return all;
            });
        }
    }

    /** The value of an earlier put with the revisions of a later one. */
    private static final class MixedFields implements UnaryOperator<Snapshot> {
        private final World world;
        private final Map<String, Entry> earlier = new ConcurrentHashMap<>();

        MixedFields(World world) {
            this.world = world;
        }

        @Override
        public Snapshot apply(Snapshot read) {
            return new Snapshot(read.entries().stream().map(this::mixed).toList(), read.more());
        }

        private Entry mixed(Entry entry) {
            Entry before = earlier.put(entry.name(), entry);
            return before != null && world.chance(30)
                    ? new Entry(
                            entry.name(), before.value(), entry.createRevision(), entry.modRevision(), entry.leaseId())
                    : entry;
        }
    }

    /** Sometimes adds entries of the previous listing to a listing. */
    private static final class Ghosts extends Wrapper {
        private final World world;
        private final Map<String, List<Entry>> seen = new ConcurrentHashMap<>();

        Ghosts(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(query).thenApply(read -> {
                if (!(query instanceof Query.All)) {
                    return read;
                }
                List<Entry> entries = new ArrayList<>(read.entries());
                List<Entry> before = seen.put(query.directory(), read.entries());
                if (before != null && world.chance(100)) {
                    before.stream()
                            .filter(old -> read.entries().stream()
                                    .noneMatch(entry -> entry.name().equals(old.name())))
                            .forEach(entries::add);
                    entries.sort(Comparator.comparing(Entry::name, PlainStore.BY_BYTES));
                }
                return new Snapshot(entries, read.more());
            });
        }
    }

    /** Shows one entry as the previous listing had it. */
    private static final class OldEntry extends Wrapper {
        private final World world;
        private final Map<String, Entry> seen = new ConcurrentHashMap<>();

        OldEntry(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(query).thenApply(read -> {
                List<Entry> entries = new ArrayList<>(read.entries());
                entries.replaceAll(entry -> {
                    Entry before = seen.put(query.directory() + "/" + entry.name(), entry);
                    boolean same = before != null && before.createRevision() == entry.createRevision();
                    return before != null && same && world.chance(50) ? before : entry;
                });
                return new Snapshot(entries, read.more());
            });
        }
    }

    /** Lists names first and reads each value a moment later, which is allowed unless snapshot reads are promised. */
    static class MixedMoments extends Wrapper {
        private final World world;

        MixedMoments(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(query).thenCompose(listed -> {
                if (listed.entries().size() < 2) {
                    return completedFuture(listed);
                }
                CompletableFuture<Snapshot> done = new CompletableFuture<>();
                values(query, listed, 0, new ArrayList<>(), done);
                return done;
            });
        }

        private void values(
                Query query, Snapshot listed, int place, List<Entry> found, CompletableFuture<Snapshot> done) {
            if (place == listed.entries().size()) {
                done.complete(new Snapshot(found, listed.more()));
                return;
            }
            String name = listed.entries().get(place).name();
            super.read(new Query.One(query.directory(), name)).whenComplete((one, failure) -> {
                if (failure != null) {
                    done.completeExceptionally(failure);
                    return;
                }
                found.addAll(one.entries());
                Runnable next = () -> values(query, listed, place + 1, found, done);
                if (place % 8 == 0 && world.random().nextBoolean()) {
                    world.later(Duration.ofMillis(1), Runnable::run, next);
                } else {
                    next.run();
                }
            });
        }
    }

    /** Serves a read from its cache, once after each failure. */
    private static final class CacheOverReconnects extends Wrapper {
        private final Map<Query, Snapshot> cache = new ConcurrentHashMap<>();
        private boolean reconnected;

        CacheOverReconnects(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            Snapshot cached = cache.get(query);
            if (reconnected && cached != null) {
                reconnected = false;
                return completedFuture(cached);
            }
            return super.read(query).whenComplete((read, failure) -> {
                if (failure == null) {
                    cache.put(query, read);
                } else {
                    reconnected = true;
                }
            });
        }
    }

    /** Reads before the commit in place of the read that the commit returns. */
    static final class SnapshotBefore extends Wrapper {
        private final World world;
        private final boolean ofConflicts;

        SnapshotBefore(World world, Backend below, boolean ofConflicts) {
            super(below);
            this.world = world;
            this.ofConflicts = ofConflicts;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (commit.returning().isEmpty() || !world.chance(ofConflicts ? 500 : 300)) {
                return super.commit(commit);
            }
            return super.read(commit.returning().get()).thenCompose(before -> {
                CompletableFuture<CommitResult> done = new CompletableFuture<>();
                world.later(
                        Duration.ofMillis(2),
                        Runnable::run,
                        () -> super.commit(commit)
                                .thenApply(result -> with(result, before))
                                .whenComplete((result, failure) -> {
                                    if (failure == null) {
                                        done.complete(result);
                                    } else {
                                        done.completeExceptionally(failure);
                                    }
                                }));
                return done;
            });
        }

        private CommitResult with(CommitResult result, Snapshot before) {
            if (ofConflicts) {
                return result instanceof CommitResult.Conflict
                        ? new CommitResult.Conflict(Optional.of(before))
                        : result;
            }
            return result instanceof CommitResult.Committed committed
                    ? new CommitResult.Committed(committed.revision(), Optional.of(before))
                    : result;
        }
    }
}
