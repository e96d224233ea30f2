package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/** Reads that show what they should not. */
final class ReadMutants {
    private ReadMutants() {}

    static void addTo(Mutants all) {
        moments(all);
        listings(all);
        limits(all);
        returnedReads(all);
    }

    private static void moments(Mutants all) {
        all.client("READ-1", "one read in a hundred is answered by a replica that lags")
                .with(ReadMutants::lagging);
        all.client("READ-1", "a client reads its own writes and caches the others'")
                .with(ReadMutants::caching);
        all.client("READ-2a", "a commit that ends as a conflict is sometimes applied")
                .with(ReadMutants::undecided);
        all.client("READ-2b", "the writes of a commit are sent one by one").with(ReadMutants::oneByOne);
        all.client("READ-2c", "values come from another request than revisions")
                .with((world, below) -> reading(below, new MixedFields(world)));
        all.client("READ-3a", "a directory read iterates over a live map")
                .with((world, below) ->
                        reading(below, read -> new Snapshot(withoutOne(world, read.entries()), read.more())));
        all.client("READ-3b", "a deleted entry is seen again for a moment").with(ReadMutants::ghosts);
        all.client("READ-3c", "one entry in a listing is of an earlier moment").with(ReadMutants::oldEntry);
        all.connected("READ-3d", "snapshot reads are promised, but reads mix moments")
                .by((world, config) -> new MixedMoments(world, new PlainClient(world.store(config), config)));
    }

    private static void listings(Mutants all) {
        all.client("READ-4a", "a directory that does not exist is an error")
                .reads((world, below, query) -> below.read(query)
                        .thenCompose(read -> read.entries().isEmpty() && query instanceof Query.All
                                ? failedFuture(Failures.notApplied("no such directory"))
                                : completedFuture(read)));
        all.client("READ-4b", "an empty value is taken for an absent entry")
                .with((world, below) -> reading(
                        below,
                        read -> new Snapshot(
                                read.entries().stream()
                                        .filter(entry -> !entry.value().equals(Bytes.EMPTY))
                                        .toList(),
                                read.more())));
        all.store("READ-5a", "names are sorted by String.compareTo")
                .with(store -> store.order = () -> Comparator.naturalOrder());
        all.store("READ-5a", "names are sorted by signed bytes")
                .with(store -> store.order = () -> (left, right) -> Arrays.compare(
                        Bytes.utf8(left).toArray(), Bytes.utf8(right).toArray()));
        all.client("READ-5b", "a range begins with the name itself").reads((world, below, query) -> {
            if (!(query instanceof Query.Range range) || range.after().isEmpty()) {
                return below.read(query);
            }
            return below.read(new Query.One(range.directory(), range.after()))
                    .thenCompose(own -> below.read(range).thenApply(rest -> {
                        List<Entry> entries = new ArrayList<>(own.entries());
                        entries.addAll(rest.entries());
                        return new Snapshot(entries.subList(0, Math.min(range.limit(), entries.size())), rest.more());
                    }));
        });
        all.client("READ-5b", "a range behind a deleted name begins at the first")
                .reads((world, below, query) -> {
                    if (!(query instanceof Query.Range range) || range.after().isEmpty()) {
                        return below.read(query);
                    }
                    return below.read(new Query.One(range.directory(), range.after()))
                            .thenCompose(own -> below.read(
                                    own.entries().isEmpty()
                                            ? new Query.Range(range.directory(), "", range.limit())
                                            : range));
                });
    }

    private static void limits(Mutants all) {
        all.store("READ-5c", "more is reported when exactly the limit is left")
                .with(store -> store.more = (left, limit) -> left >= limit);
        all.store("READ-5c", "more is never reported").with(store -> store.more = (left, limit) -> false);
        all.library("READ-6", "a cache that was filled before is served after a reconnect")
                .with(ReadMutants::cacheOverReconnects);
        all.store("READ-7a", "a listing ends after 500 entries")
                .with(store -> store.entries = directory -> {
                    List<Entry> entries = store.entries(directory);
                    return entries.subList(0, Math.min(500, entries.size()));
                });
        all.client("READ-7b", "an answer that is too large is truncated")
                .reads((world, below, query) -> below.read(query)
                        .exceptionallyCompose(tooLarge -> below.read(new Query.Range(query.directory(), "", 10))));
        all.client("READ-7b", "an answer that is too large looks like a lost connection")
                .reads((world, below, query) -> below.read(query)
                        .exceptionallyCompose(tooLarge -> failedFuture(Failures.notApplied("connection lost"))));
    }

    private static void returnedReads(Mutants all) {
        all.client("READ-8a", "the returned read of a conflict was made earlier")
                .with((world, below) -> readBefore(world, below, true));
        all.client("READ-8b", "the returned read was made before the commit")
                .with((world, below) -> readBefore(world, below, false));
        all.library("READ-8c", "a commit is reported as failed when its read fails")
                .commits((world, below, commit) -> below.commit(commit)
                        .thenCompose(result -> commit.returning().isPresent()
                                        && result instanceof CommitResult.Committed committed
                                        && committed.snapshot().isEmpty()
                                ? failedFuture(Failures.notApplied("the read failed"))
                                : completedFuture(result)));
    }

    /** A client that changes the results of its reads. */
    static Backend reading(Backend below, UnaryOperator<Snapshot> change) {
        return new Hooks(below)
                .reads(query -> below.read(query).thenApply(change))
                .commits(commit -> below.commit(commit).thenApply(result -> Commits.seen(result, change)));
    }

    private static List<Entry> withoutOne(World world, List<Entry> entries) {
        List<Entry> left = new ArrayList<>(entries);
        if (left.size() > 1 && world.chance(30)) {
            left.remove(world.random().nextInt(left.size()));
        }
        return left;
    }

    /** Sometimes repeats its previous answer. */
    private static Backend lagging(World world, Backend below) {
        Map<Query, Snapshot> replica = new ConcurrentHashMap<>();
        return new Hooks(below).reads(query -> {
            Snapshot old = replica.get(query);
            if (old != null && world.chance(10)) {
                return completedFuture(old);
            }
            return below.read(query).thenApply(read -> {
                replica.put(query, read);
                return read;
            });
        });
    }

    /** Caches answers for a few milliseconds, until its own next write. */
    private static Backend caching(World world, Backend below) {
        Map<Query, Snapshot> cache = new ConcurrentHashMap<>();
        return new Hooks(below)
                .reads(query -> {
                    Snapshot cached = cache.get(query);
                    if (cached != null) {
                        return completedFuture(cached);
                    }
                    return below.read(query).thenApply(read -> {
                        cache.put(query, read);
                        world.later(Duration.ofMillis(5), () -> cache.remove(query));
                        return read;
                    });
                })
                .commits(commit -> {
                    cache.clear();
                    return below.commit(commit);
                });
    }

    /** Sometimes writes first and decides afterwards. */
    private static Backend undecided(World world, Backend below) {
        return new Hooks(below)
                .commits(commit -> below.commit(commit).thenCompose(result -> {
                    boolean leased = PlainStore.leaseOf(commit) != 0;
                    if (result instanceof CommitResult.Conflict && !leased && world.chance(50)) {
                        return below.commit(Commits.bare(commit)).thenApply(written -> result);
                    }
                    return completedFuture(result);
                }));
    }

    /** Applies the first write with the conditions, and the rest a moment later. */
    static Backend oneByOne(World world, Backend below) {
        return new Hooks(below).commits(commit -> {
            if (commit.writes().size() < 2) {
                return below.commit(commit);
            }
            List<Write> writes = commit.writes();
            Commit first = new Commit(commit.directory(), commit.conditions(), writes.subList(0, 1), Optional.empty());
            Commit rest =
                    new Commit(commit.directory(), List.of(), writes.subList(1, writes.size()), commit.returning());
            return below.commit(first).thenCompose(result -> {
                if (!(result instanceof CommitResult.Committed)) {
                    return completedFuture(result);
                }
                CompletableFuture<CommitResult> all = new CompletableFuture<>();
                world.later(
                        Duration.ofMillis(1),
                        () -> below.commit(rest).whenComplete((second, failure) -> all.complete(second)));
                return all;
            });
        });
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
    private static Backend ghosts(World world, Backend below) {
        Map<String, List<Entry>> seen = new ConcurrentHashMap<>();
        return new Hooks(below)
                .reads(query -> below.read(query).thenApply(read -> {
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
                }));
    }

    /** Shows one entry as the previous listing had it. */
    private static Backend oldEntry(World world, Backend below) {
        Map<String, Entry> seen = new ConcurrentHashMap<>();
        return new Hooks(below)
                .reads(query -> below.read(query).thenApply(read -> {
                    List<Entry> entries = new ArrayList<>(read.entries());
                    entries.replaceAll(entry -> {
                        Entry before = seen.put(query.directory() + "/" + entry.name(), entry);
                        boolean same = before != null && before.createRevision() == entry.createRevision();
                        return before != null && same && world.chance(50) ? before : entry;
                    });
                    return new Snapshot(entries, read.more());
                }));
    }

    /** Lists names first and reads each value a moment later, which is allowed unless snapshot reads are promised. */
    static class MixedMoments extends Hooks {
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
                    world.later(Duration.ofMillis(1), next);
                } else {
                    next.run();
                }
            });
        }
    }

    /** Serves a read from its cache, once after each failure. */
    private static Backend cacheOverReconnects(Backend below) {
        Map<Query, Snapshot> cache = new ConcurrentHashMap<>();
        AtomicBoolean reconnected = new AtomicBoolean();
        return new Hooks(below).reads(query -> {
            Snapshot cached = cache.get(query);
            if (cached != null && reconnected.getAndSet(false)) {
                return completedFuture(cached);
            }
            return below.read(query).whenComplete((read, failure) -> {
                if (failure == null) {
                    cache.put(query, read);
                } else {
                    reconnected.set(true);
                }
            });
        });
    }

    /** Reads before the commit in place of the read that the commit returns. */
    static Backend readBefore(World world, Backend below, boolean ofConflicts) {
        return new Hooks(below).commits(commit -> {
            if (commit.returning().isEmpty() || !world.chance(ofConflicts ? 500 : 300)) {
                return below.commit(commit);
            }
            return below.read(commit.returning().get())
                    .thenCompose(before -> world.delayed(Duration.ofMillis(2), () -> below.commit(commit))
                            .thenApply(result -> with(result, before, ofConflicts)));
        });
    }

    private static CommitResult with(CommitResult result, Snapshot read, boolean ofConflicts) {
        if (ofConflicts) {
            return result instanceof CommitResult.Conflict ? new CommitResult.Conflict(Optional.of(read)) : result;
        }
        return result instanceof CommitResult.Committed committed
                ? new CommitResult.Committed(committed.revision(), Optional.of(read))
                : result;
    }
}
