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
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Classifies the commits of locks and elections, which queue alike; subclasses add the bug. */
class Queueing extends Wrapper {
    Queueing(Backend below) {
        super(below);
    }

    static boolean isQueue(String directory) {
        return directory.startsWith("lock/") || directory.startsWith("election/");
    }

    /** Enters the queue. */
    static boolean enqueues(Commit commit) {
        return isQueue(commit.directory())
                && commit.writes().stream().anyMatch(Write.Put.class::isInstance)
                && commit.conditions().stream().anyMatch(Condition.Absent.class::isInstance);
    }

    /** Checks whether the places in front are gone, and the own place is present. */
    static boolean verifies(Commit commit) {
        return isQueue(commit.directory())
                && commit.writes().isEmpty()
                && commit.conditions().stream().anyMatch(Condition.Absent.class::isInstance);
    }

    /** Deletes a place. */
    static boolean leaves(Commit commit) {
        return isQueue(commit.directory())
                && !commit.writes().isEmpty()
                && commit.writes().stream().allMatch(Write.Delete.class::isInstance);
    }

    static Commit conditions(Commit commit, Predicate<Condition> kept) {
        return new Commit(
                commit.directory(),
                commit.conditions().stream().filter(kept).toList(),
                commit.writes(),
                commit.returning());
    }

    static CommitResult done() {
        return new CommitResult.Committed(0, Optional.empty());
    }

    /** Checks only whether the place directly in front is gone. */
    static final class LookingAtTheNearest extends Queueing {
        LookingAtTheNearest(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            List<Condition> absent = commit.conditions().stream()
                    .filter(Condition.Absent.class::isInstance)
                    .toList();
            return super.commit(
                    verifies(commit)
                            ? conditions(
                                    commit,
                                    condition -> !absent.contains(condition)
                                            || condition.equals(absent.get(absent.size() - 1)))
                            : commit);
        }
    }

    /** When it enters the queue, it sees only the first of the places that are there. */
    static final class LookingAtTheFirst extends Queueing {
        LookingAtTheFirst(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit)
                    .thenApply(result -> enqueues(commit)
                                    && result instanceof CommitResult.Committed committed
                                    && committed.snapshot().isPresent()
                            ? new CommitResult.Committed(
                                    committed.revision(),
                                    Optional.of(firstAnd(
                                            committed.revision(),
                                            committed.snapshot().get())))
                            : result);
        }

        private static Snapshot firstAnd(long own, Snapshot all) {
            long first = all.entries().stream()
                    .mapToLong(Entry::createRevision)
                    .min()
                    .orElse(own);
            return new Snapshot(
                    all.entries().stream()
                            .filter(entry -> entry.createRevision() == first || entry.createRevision() == own)
                            .toList(),
                    all.more());
        }
    }

    /** Claims that it has read the place in front, and answers from what it remembers. */
    abstract static class Remembering extends Queueing {
        private final Map<String, Entry> known = new ConcurrentHashMap<>();

        Remembering(Backend below) {
            super(below);
        }

        /** Whether to really read that place. */
        abstract boolean looksAt(String name);

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (verifies(commit)
                    && commit.returning().isPresent()
                    && commit.returning().get() instanceof Query.One one
                    && known.containsKey(one.name())
                    && !looksAt(one.name())) {
                return completedFuture(
                        new CommitResult.Conflict(Optional.of(new Snapshot(List.of(known.get(one.name())), false))));
            }
            return super.commit(commit).thenApply(result -> {
                Optional<Snapshot> read = result instanceof CommitResult.Committed committed
                        ? committed.snapshot()
                        : result instanceof CommitResult.Conflict conflict ? conflict.snapshot() : Optional.empty();
                read.ifPresent(snapshot -> snapshot.entries().forEach(entry -> known.put(entry.name(), entry)));
                return result;
            });
        }
    }

    /** Opens its watch after it has read, and does not read again. */
    static final class WatchingTooLate extends Remembering {
        private boolean opened;

        WatchingTooLate(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, listener).thenApply(watch -> {
                synchronized (this) {
                    opened |= isQueue(target.directory()) && target.name().isPresent();
                }
                return watch;
            });
        }

        @Override
        synchronized boolean looksAt(String name) {
            boolean is = !opened;
            opened = false;
            return is;
        }
    }

    /** Reads only when notified, and never by itself. */
    static final class WaitingToBeTold extends Remembering {
        private final Set<Target> told = ConcurrentHashMap.newKeySet();

        WaitingToBeTold(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new OfListener(listener) {
                        @Override
                        public void changed(String name, long revision) {
                            told.add(target);
                            super.changed(name, revision);
                        }

                        @Override
                        public void reset() {
                            told.add(target);
                            super.reset();
                        }
                    })
                    .thenApply(watch -> {
                        told.add(target);
                        return watch;
                    });
        }

        @Override
        boolean looksAt(String name) {
            return told.removeIf(target -> target.name().equals(Optional.of(name)));
        }
    }

    /** Takes a client that has been in front for long for dead, and removes its place. */
    static final class Breaking extends Queueing {
        private static final long PATIENCE = Duration.ofSeconds(1).toNanos();

        private final World world;
        private final Map<String, Long> seen = new ConcurrentHashMap<>();

        Breaking(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).thenCompose(result -> {
                Optional<Entry> old = verifies(commit)
                                && result instanceof CommitResult.Conflict conflict
                                && conflict.snapshot().isPresent()
                        ? conflict.snapshot().get().entries().stream()
                                .filter(this::isOld)
                                .findFirst()
                        : Optional.empty();
                return old.isEmpty()
                        ? completedFuture(result)
                        : super.commit(Commit.to(commit.directory())
                                        .ifCreateRevision(
                                                old.get().name(), old.get().createRevision())
                                        .delete(old.get().name())
                                        .build())
                                .thenCompose(removed -> super.commit(commit));
            });
        }

        private boolean isOld(Entry entry) {
            long now = world.time().nanoTime();
            return now - seen.computeIfAbsent(entry.name(), name -> now) > PATIENCE;
        }
    }

    /** Knows which places were granted. */
    abstract static class Granted extends Queueing {
        private final Set<String> granted = ConcurrentHashMap.newKeySet();

        Granted(Backend below) {
            super(below);
        }

        boolean isGranted(String name) {
            return granted.contains(name);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).thenApply(result -> {
                if (result instanceof CommitResult.Committed committed && (enqueues(commit) || verifies(commit))) {
                    Optional<Entry> first = committed.snapshot().stream()
                            .flatMap(snapshot -> snapshot.entries().stream())
                            .min(Comparator.comparingLong(Entry::createRevision));
                    own(commit)
                            .filter(name ->
                                    verifies(commit) || first.map(Entry::name).equals(Optional.of(name)))
                            .ifPresent(granted::add);
                }
                return result;
            });
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
    }

    /** Leaves the abandoned place of a waiter in the store. */
    static class LeavingInWordsOnly extends Granted {
        /** A place that is seen there again is really removed. */
        private final Set<String> left = ConcurrentHashMap.newKeySet();

        LeavingInWordsOnly(Backend below) {
            super(below);
        }

        boolean isKept(String name) {
            return !isGranted(name);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return leaves(commit)
                            && commit.writes().stream()
                                    .map(Write::name)
                                    .allMatch(name -> isKept(name) && left.add(name))
                    ? completedFuture(done())
                    : super.commit(commit);
        }
    }

    /** Reports a place as deleted, and deletes it later. */
    static class LeavingLater extends Granted {
        private final World world;
        private final Duration delay;
        /** A place that is seen there again is really removed. */
        private final Set<String> left = ConcurrentHashMap.newKeySet();

        LeavingLater(World world, Backend below, Duration delay) {
            super(below);
            this.world = world;
            this.delay = delay;
        }

        boolean isLate(String name) {
            return true;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!leaves(commit)
                    || !commit.writes().stream().map(Write::name).allMatch(name -> isLate(name) && left.add(name))) {
                return super.commit(commit);
            }
            world.later(delay, Runnable::run, () -> below.commit(commit));
            return completedFuture(done());
        }
    }

    /** Its entries do not end with the session. */
    static final class WithoutALease extends Queueing {
        WithoutALease(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!isQueue(commit.directory())) {
                return super.commit(commit);
            }
            List<Write> writes = new ArrayList<>();
            for (Write write : commit.writes()) {
                writes.add(write instanceof Write.Put put ? new Write.Put(put.name(), put.value(), 0) : write);
            }
            return super.commit(new Commit(commit.directory(), commit.conditions(), writes, commit.returning()));
        }
    }

    /** Misses some of the notices of its watches. */
    static class HardOfHearing extends Wrapper {
        private final Predicate<Target> deafTo;

        HardOfHearing(Backend below, Predicate<Target> deafTo) {
            super(below);
            this.deafTo = deafTo;
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new OfListener(listener) {
                @Override
                public void changed(String name, long revision) {
                    if (!deafTo.test(target)) {
                        super.changed(name, revision);
                    }
                }

                @Override
                public void reset() {
                    if (!deafTo.test(target)) {
                        super.reset();
                    }
                }
            });
        }
    }
}
