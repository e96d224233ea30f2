package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The commits of locks and elections, which queue alike, and bugs of both. */
final class Queueing {
    private Queueing() {}

    static boolean isQueue(String directory) {
        return directory.startsWith("lock/") || directory.startsWith("election/");
    }

    /** Enters the queue. */
    static boolean enqueues(Commit commit) {
        return isQueue(commit.directory())
                && Commits.puts(commit, "")
                && Commits.requires(commit, Condition.Absent.class::isInstance);
    }

    /** Checks whether the places in front are gone, and the own place is present. */
    static boolean verifies(Commit commit) {
        return isQueue(commit.directory())
                && commit.writes().isEmpty()
                && Commits.requires(commit, Condition.Absent.class::isInstance);
    }

    /** Deletes a place. */
    static boolean leaves(Commit commit) {
        return isQueue(commit.directory())
                && !commit.writes().isEmpty()
                && commit.writes().stream().allMatch(Write.Delete.class::isInstance);
    }

    static Commit conditions(Commit commit, Predicate<Condition> kept) {
        return Commits.without(commit, kept.negate());
    }

    /** Checks only whether the place directly in front is gone. */
    static Commit lookingAtTheNearest(Commit commit) {
        List<Condition> absent = commit.conditions().stream()
                .filter(Condition.Absent.class::isInstance)
                .toList();
        return verifies(commit)
                ? conditions(
                        commit,
                        condition -> !absent.contains(condition) || condition.equals(absent.get(absent.size() - 1)))
                : commit;
    }

    /** When it enters the queue, it sees only the first of the places that are there. */
    static CommitResult lookingAtTheFirst(Commit commit, CommitResult result) {
        return enqueues(commit) && result instanceof CommitResult.Committed committed
                ? Commits.seen(result, all -> firstAnd(committed.revision(), all))
                : result;
    }

    private static Snapshot firstAnd(long own, Snapshot all) {
        long first =
                all.entries().stream().mapToLong(Entry::createRevision).min().orElse(own);
        return new Snapshot(
                all.entries().stream()
                        .filter(entry -> entry.createRevision() == first || entry.createRevision() == own)
                        .toList(),
                all.more());
    }

    /** Reports the place in front from memory, unless that name itself is read. */
    private static Hooks remembering(Backend below, Predicate<String> looksAt) {
        Map<String, Entry> known = new ConcurrentHashMap<>();
        return new Hooks(below).commits(commit -> {
            Optional<Entry> answer = commit.returning()
                    .filter(query -> verifies(commit) && query instanceof Query.One)
                    .map(query -> known.get(((Query.One) query).name()))
                    .filter(entry -> !looksAt.test(entry.name()));
            return answer.isPresent()
                    ? completedFuture(
                            new CommitResult.Conflict(Optional.of(new Snapshot(List.of(answer.get()), false))))
                    : below.commit(commit)
                            .thenApply(result -> Commits.seen(result, read -> {
                                read.entries().forEach(entry -> known.put(entry.name(), entry));
                                return read;
                            }));
        });
    }

    /** Opens its watch after it has read, and does not read again. */
    static Backend watchingTooLate(Backend below) {
        AtomicBoolean opened = new AtomicBoolean();
        return remembering(below, name -> !opened.getAndSet(false))
                .watches((target, listener) -> below.watch(target, listener).thenApply(watch -> {
                    if (isQueue(target.directory()) && target.name().isPresent()) {
                        opened.set(true);
                    }
                    return watch;
                }));
    }

    /** Reads only when notified, and never by itself. */
    static Backend waitingForNotices(Backend below) {
        Set<Target> noticed = ConcurrentHashMap.newKeySet();
        return remembering(
                        below, name -> noticed.removeIf(target -> target.name().equals(Optional.of(name))))
                .watches((target, listener) -> below.watch(target, Hooks.notices(listener, notice -> {
                            noticed.add(target);
                            notice.run();
                        }))
                        .thenApply(watch -> {
                            noticed.add(target);
                            return watch;
                        }));
    }

    /** Removes the place of a client that has been in front for long, as if that client were dead. */
    static Backend breaking(World world, Backend below) {
        Map<String, Long> seen = new ConcurrentHashMap<>();
        return new Hooks(below)
                .commits(commit -> below.commit(commit).thenCompose(result -> {
                    Optional<Entry> old = verifies(commit)
                                    && result instanceof CommitResult.Conflict conflict
                                    && conflict.snapshot().isPresent()
                            ? conflict.snapshot().get().entries().stream()
                                    .filter(entry ->
                                            isOld(seen, entry, world.time().nanoTime()))
                                    .findFirst()
                            : Optional.empty();
                    return old.isEmpty()
                            ? completedFuture(result)
                            : below.commit(Commit.to(commit.directory())
                                            .ifCreateRevision(
                                                    old.get().name(), old.get().createRevision())
                                            .delete(old.get().name())
                                            .build())
                                    .thenCompose(removed -> below.commit(commit));
                }));
    }

    private static boolean isOld(Map<String, Long> seen, Entry entry, long now) {
        return now - seen.computeIfAbsent(entry.name(), name -> now)
                > Duration.ofSeconds(1).toNanos();
    }

    /** Notes the places that were granted. */
    static Hooks noting(Backend below, Set<String> granted) {
        return new Hooks(below)
                .commits(commit -> below.commit(commit).thenApply(result -> {
                    if (result instanceof CommitResult.Committed committed && (enqueues(commit) || verifies(commit))) {
                        Optional<String> first = committed.snapshot().stream()
                                .flatMap(snapshot -> snapshot.entries().stream())
                                .min(Comparator.comparingLong(Entry::createRevision))
                                .map(Entry::name);
                        own(commit)
                                .filter(name -> verifies(commit) || first.equals(Optional.of(name)))
                                .ifPresent(granted::add);
                    }
                    return result;
                }));
    }

    private static Optional<String> own(Commit commit) {
        return verifies(commit)
                ? commit.conditions().stream()
                        .filter(Condition.CreateRevision.class::isInstance)
                        .map(Condition::name)
                        .findFirst()
                : commit.writes().stream()
                        .filter(Write.Put.class::isInstance)
                        .map(Write::name)
                        .findFirst();
    }

    /** Leaves the abandoned place of a waiter in the store. */
    static Backend leavingInWordsOnly(Backend below) {
        Set<String> granted = ConcurrentHashMap.newKeySet();
        return leavingInWordsOnly(noting(below, granted), name -> !granted.contains(name));
    }

    /** Leaves these places in the store. */
    static Hooks leavingInWordsOnly(Backend below, Predicate<String> isKept) {
        return leaving(below, isKept, commit -> {});
    }

    /** Reports a place as deleted, and deletes it later. */
    static Backend leavingLater(World world, Backend below, Duration delay, Predicate<String> isLate) {
        return leaving(below, isLate, commit -> world.later(delay, () -> below.commit(commit)));
    }

    private static Hooks leaving(Backend below, Predicate<String> which, Consumer<Commit> instead) {
        // A place that is seen there again is really removed.
        Set<String> left = ConcurrentHashMap.newKeySet();
        return new Hooks(below).commits(commit -> {
            boolean isLeft = leaves(commit)
                    && commit.writes().stream().map(Write::name).allMatch(name -> which.test(name) && left.add(name));
            if (!isLeft) {
                return below.commit(commit);
            }
            instead.accept(commit);
            return completedFuture(Commits.done());
        });
    }

    /** Its entries do not end with the session. */
    static Commit withoutALease(Commit commit) {
        return isQueue(commit.directory()) ? Commits.leaseless(commit) : commit;
    }

    /** Misses the notices about queues. */
    static WatchListener hardOfHearing(Target target, WatchListener listener) {
        return isQueue(target.directory()) ? Hooks.notices(listener, notice -> {}) : listener;
    }
}
