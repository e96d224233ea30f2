package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Commits that are not atomic, and values that are not read back as written. */
final class CommitMutants {
    private CommitMutants() {}

    static void addTo(Mutants all) {
        atomicity(all);
        revisions(all);
        entries(all);
        checks(all);
        limits(all);
        outcomes(all);
        values(all);
    }

    private static void atomicity(Mutants all) {
        all.client("COM-1", "conditions are checked first, the writes sent afterwards")
                .with(CommitMutants::checkThenAct);
        all.client("COM-1", "deletes beside puts get lost").commits((world, below, commit) -> {
            boolean puts = commit.writes().stream().anyMatch(write -> write instanceof Write.Put);
            List<Write> kept = commit.writes().stream()
                    .filter(write -> !puts || write instanceof Write.Put || !world.chance(300))
                    .toList();
            return below.commit(Commits.writing(commit, kept));
        });
        all.store("COM-2a", "only the first condition is evaluated")
                .with(store -> store.hold = commit -> commit.conditions().stream()
                        .limit(1)
                        .allMatch(condition ->
                                store.holds(condition, store.entry(commit.directory(), condition.name()))));
        all.store("COM-2a", "one condition that holds is enough")
                .with(store -> store.hold = commit -> commit.conditions().isEmpty()
                        || commit.conditions().stream()
                                .anyMatch(condition ->
                                        store.holds(condition, store.entry(commit.directory(), condition.name()))));
        all.store("COM-2b", "an absent entry has the revision that is asked for")
                .with(store -> store.holds = (condition, entry) -> {
                    boolean ofRevision =
                            condition instanceof Condition.CreateRevision || condition instanceof Condition.ModRevision;
                    return (ofRevision && entry.isEmpty()) || store.holds(condition, entry);
                });
        all.client("COM-2c", "a condition that does not hold is a failure")
                .commits((world, below, commit) -> below.commit(commit)
                        .thenCompose(result -> result instanceof CommitResult.Conflict
                                ? failedFuture(Failures.notApplied("a condition did not hold"))
                                : completedFuture(result)));
        all.client("COM-3", "'absent' is checked before the put is sent").with(CommitMutants::checkThenAct);
    }

    private static void revisions(Mutants all) {
        all.store("COM-4", "conditions compare a version counted per entry")
                .with(store -> store.holds = (condition, entry) -> {
                    if (condition instanceof Condition.CreateRevision created) {
                        // Any newer incarnation of the entry passes for the original one.
                        return entry.isPresent() && entry.get().createRevision() >= created.revision();
                    }
                    return store.holds(condition, entry);
                });
        all.connected("COM-4", "revisions are versions of one entry")
                .by((world, config) -> perEntryVersions(new PlainClient(world.store(config), config)));
        all.client("COM-5a", "now and then a commit has the revision of the commit before")
                .with((world, below) -> {
                    AtomicLong last = new AtomicLong(1);
                    return new Hooks(below)
                            .commits(commit -> below.commit(commit).thenApply(result -> {
                                if (!(result instanceof CommitResult.Committed committed)
                                        || committed.revision() == 0) {
                                    return result;
                                }
                                long before = last.getAndSet(committed.revision());
                                return world.chance(20)
                                        ? new CommitResult.Committed(before, committed.snapshot())
                                        : result;
                            }));
                });
        all.store("COM-5a", "each entry of a commit gets a revision of its own")
                .with(store -> store.write = (directory, write, at) ->
                        store.write(directory, write, write instanceof Write.Put ? store.next(directory) : at));
        all.store("COM-5b", "the revision goes back when a directory becomes empty")
                .with(store -> {
                    Map<String, Long> last = new ConcurrentHashMap<>();
                    store.next = directory -> last.merge(directory, 1L, Long::sum);
                    store.emptied = directory -> {
                        store.emptied(directory);
                        last.remove(directory);
                    };
                });
        all.store("COM-5b", "revisions come from clocks that are not in step")
                .with((world, store) -> store.next = directory -> {
                    long now = store.next(directory) * 10;
                    return world.chance(50) ? Math.max(1, now - 55) : now;
                });
        all.store("COM-5c", "revisions wrap at 2^53")
                .with(store -> store.next = directory -> {
                    long next = store.next(directory) + Entry.MAX_REVISION - 10;
                    return next > Entry.MAX_REVISION ? next - Entry.MAX_REVISION : next;
                });
        all.store("COM-5d", "a check is answered with the store's revision")
                .with(store -> store.unchanged = commit -> store.revision);
        all.store("COM-5d", "a delete of nothing takes a revision")
                .with(store ->
                        store.unchanged = commit -> commit.writes().isEmpty() ? 0 : store.next(commit.directory()));
        all.store("COM-6", "one of two servers that draw revisions lags")
                .with((world, store) -> store.next = directory -> {
                    long now = store.next(directory) * 4;
                    return world.chance(100) ? Math.max(1, now - 14) : now;
                });
    }

    private static void entries(Mutants all) {
        all.store("COM-7a", "a put resets createRevision")
                .with(store -> store.put = (put, before, at) -> store.put(put, Optional.empty(), at));
        all.store("COM-7a", "a put of the same value changes nothing")
                .with(store -> store.put = (put, before, at) -> before.filter(
                                entry -> entry.value().equals(put.value()))
                        .orElseGet(() -> store.put(put, before, at)));
        all.store("COM-7b", "an entry that was there before keeps its createRevision")
                .with(store -> {
                    Map<String, Long> first = new ConcurrentHashMap<>();
                    store.put = (put, before, at) -> {
                        Entry entry = store.put(put, before, at);
                        long created = first.computeIfAbsent(put.name(), name -> entry.createRevision());
                        return new Entry(entry.name(), entry.value(), Math.min(created, at), at, entry.leaseId());
                    };
                });
    }

    private static void checks(Mutants all) {
        all.store("COM-8a", "a check touches the entries that it compares with")
                .with(store -> store.unchanged = commit -> {
                    for (Condition condition : commit.conditions()) {
                        store.entry(commit.directory(), condition.name())
                                .ifPresent(entry -> store.store(
                                        commit.directory(),
                                        new Entry(
                                                entry.name(),
                                                entry.value(),
                                                entry.createRevision(),
                                                store.next(commit.directory()),
                                                entry.leaseId())));
                    }
                    return 0;
                });
        all.store("COM-8a", "a commit that ends as a conflict has deleted")
                .with(store -> store.commit = commit -> {
                    CommitResult result = store.commit(commit);
                    if (result instanceof CommitResult.Conflict) {
                        commit.writes().stream()
                                .filter(write -> write instanceof Write.Delete)
                                .forEach(write -> store.remove(commit.directory(), write.name()));
                    }
                    return result;
                });
        all.store("COM-8b", "a check is announced")
                .with(store -> store.unchanged = commit -> {
                    commit.conditions().forEach(condition -> store.announce(commit.directory(), condition.name(), 0));
                    return 0;
                });
        all.store("COM-8b", "a delete of nothing is announced")
                .with(store -> store.unchanged = commit -> {
                    commit.writes().forEach(write -> store.announce(commit.directory(), write.name(), 0));
                    return 0;
                });
    }

    private static void limits(Mutants all) {
        all.connected("COM-9b", "a commit accepts any lease of the store")
                .with(client -> client.checkLease = commit -> {});
        all.store("COM-9b", "a lease that was never granted counts as no lease")
                .with(store -> store.lives = lease -> store.lives(lease) || lease > 1_000);
        all.connected("COM-10a", "thirty writes are the most")
                .with(client -> client.checkSizes = commit -> {
                    client.checkSizes(commit);
                    PlainClient.checkSize("writes", commit.writes().size(), 30);
                });
        all.connected("COM-10a", "a request of 128 KiB is too large for the wire")
                .with(client -> client.checkSizes = commit -> {
                    client.checkSizes(commit);
                    PlainClient.checkSize("bytes", bytesOf(commit), 128 * 1024 - 1);
                });
        all.client("COM-10b", "a commit that is too large is truncated").commits((world, below, commit) -> {
            int most = below.guarantees().maxWrites();
            return below.commit(
                    commit.writes().size() > most
                            ? Commits.writing(commit, commit.writes().subList(0, most))
                            : commit);
        });
        all.client("COM-10b", "a commit that is too large looks like a lost connection")
                .failures((commit, refused) -> Failures.notApplied("connection lost", refused));
    }

    private static void outcomes(Mutants all) {
        all.client("COM-11", "a commit in a hundred is sent a second time").with(CommitMutants::sentAgain);
        all.library("COM-11", "the library resends after a lost reply")
                .afterFailures(
                        (below, commit, lost) -> Failures.isUnknown(lost) ? below.commit(commit) : failedFuture(lost));
        all.client("COM-12", "one conflict in twenty is decided from a stale read")
                .commits((world, below, commit) -> !commit.conditions().isEmpty() && world.chance(50)
                        ? completedFuture(new CommitResult.Conflict(Optional.empty()))
                        : below.commit(commit));
        all.client("COM-12", "a condition is compared with the value that the client saw last")
                .with(CommitMutants::staleConflicts);
        all.client("COM-13", "a check is answered from separate reads").with(CommitMutants::checkByReads);
        all.client("COM-13", "a commit without writes always goes through")
                .commits((world, below, commit) ->
                        commit.writes().isEmpty() ? completedFuture(Commits.done()) : below.commit(commit));
    }

    private static void values(Mutants all) {
        all.client("VAL-1a", "values go through UTF-8")
                .with((world, below) ->
                        putting(below, value -> Bytes.utf8(new String(value.toArray(), StandardCharsets.UTF_8))));
        all.client("VAL-1a", "values end at the first zero byte")
                .with((world, below) -> putting(below, value -> {
                    byte[] bytes = value.toArray();
                    int end = 0;
                    while (end < bytes.length && bytes[end] != 0) {
                        end++;
                    }
                    return Bytes.copyOf(Arrays.copyOf(bytes, end));
                }));
        all.connected("VAL-1b", "a value may have 64,000 bytes")
                .with(client -> client.checkSizes = commit -> {
                    client.checkSizes(commit);
                    commit.writes().stream()
                            .filter(write -> write instanceof Write.Put)
                            .forEach(write -> PlainClient.checkSize(
                                    "bytes", ((Write.Put) write).value().size(), 64_000));
                });
        all.client("VAL-1b", "a value above 200,000 bytes is truncated")
                .with((world, below) -> putting(
                        below,
                        value -> value.size() < 200_000
                                ? value
                                : Bytes.copyOf(Arrays.copyOf(value.toArray(), 200_000))));
        all.connected("VAL-1c", "a value one byte too large is accepted")
                .with(client -> client.checkSizes = commit -> {});
        all.client("VAL-1c", "a value that is too large ends as UNKNOWN")
                .failures((commit, refused) -> Failures.notApplied("too large", refused));
    }

    static long bytesOf(Commit commit) {
        return commit.writes().stream()
                .mapToLong(write -> PlainStore.bytes(write.name())
                        + (write instanceof Write.Put put ? put.value().size() : 0))
                .sum();
    }

    private static Backend putting(Backend below, UnaryOperator<Bytes> stored) {
        return new Hooks(below).commits(commit -> {
            List<Write> writes = commit.writes().stream()
                    .map(write -> write instanceof Write.Put put
                            ? new Write.Put(put.name(), stored.apply(put.value()), put.leaseId())
                            : write)
                    .toList();
            return below.commit(Commits.writing(commit, writes));
        });
    }

    /** Sends the conditions first, and the writes that depend on them a moment later. */
    static Backend checkThenAct(World world, Backend below) {
        return checkThenActOn(world, below, commit -> true);
    }

    static Backend checkThenActOn(World world, Backend below, Predicate<Commit> which) {
        return new Hooks(below).commits(commit -> {
            boolean plain =
                    commit.conditions().isEmpty() || commit.writes().isEmpty() || PlainStore.leaseOf(commit) != 0;
            if (!which.test(commit) || plain) {
                return below.commit(commit);
            }
            Commit act = Commits.conditioned(commit, List.of());
            return below.commit(Commits.writing(commit, List.of()))
                    .thenCompose(result -> result instanceof CommitResult.Committed
                            ? world.delayed(Duration.ofMillis(2), () -> below.commit(act))
                            : completedFuture(result));
        });
    }

    /** Numbers each client's entries from 1: reports an entry's version as its revision. */
    private static Backend perEntryVersions(Backend below) {
        return new Hooks(below).commits(commit -> {
            List<Condition> conditions = commit.conditions().stream()
                    .map(condition -> condition instanceof Condition.CreateRevision
                            ? new Condition.Present(condition.name())
                            : condition)
                    .toList();
            return below.commit(Commits.conditioned(commit, conditions));
        });
    }

    /** The second copy arrives a little later, without its conditions. */
    private static Backend sentAgain(World world, Backend below) {
        return new Hooks(below)
                .commits(commit -> below.commit(commit).whenComplete((result, failure) -> {
                    boolean applied = result instanceof CommitResult.Committed committed && committed.revision() > 0;
                    if (applied && PlainStore.leaseOf(commit) == 0 && world.chance(20)) {
                        world.later(Duration.ofMillis(3), () -> below.commit(Commits.bare(commit)));
                    }
                }));
    }

    /** Remembers what it read, and answers a contradicting condition without asking the store. */
    private static Backend staleConflicts(World world, Backend below) {
        Map<String, Boolean> there = new ConcurrentHashMap<>();
        return new Hooks(below)
                .reads(query -> below.read(query).thenApply(read -> {
                    read.entries().forEach(entry -> there.put(query.directory() + "/" + entry.name(), true));
                    return read;
                }))
                .commits(commit -> {
                    boolean stale = commit.conditions().stream()
                            .anyMatch(condition -> condition instanceof Condition.Absent
                                    && there.remove(commit.directory() + "/" + condition.name()) != null);
                    return stale ? completedFuture(new CommitResult.Conflict(Optional.empty())) : below.commit(commit);
                });
    }

    /** Reads the entries of a check one after another. */
    private static Backend checkByReads(World world, Backend below) {
        return new Hooks(below)
                .commits(commit ->
                        !commit.writes().isEmpty() || commit.conditions().size() < 2
                                ? below.commit(commit)
                                : look(world, below, commit, 0));
    }

    private static CompletionStage<CommitResult> look(World world, Backend below, Commit commit, int place) {
        if (place == commit.conditions().size()) {
            return completedFuture(Commits.done());
        }
        List<Condition> one = List.of(commit.conditions().get(place));
        return below.commit(new Commit(commit.directory(), one, List.of(), Optional.empty()))
                .thenCompose(result -> result instanceof CommitResult.Committed
                        ? world.delayed(Duration.ofMillis(3), () -> look(world, below, commit, place + 1))
                        : completedFuture(result));
    }
}
