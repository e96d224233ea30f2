package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Commits that are not atomic, and values that are not read back as written. */
final class CommitMutants {
    private CommitMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.client("COM-1", "conditions are checked first, the writes sent afterwards", CheckThenAct::new),
                Mutant.client("COM-1", "deletes beside puts get lost", (world, below) -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        boolean puts = commit.writes().stream().anyMatch(write -> write instanceof Write.Put);
                        List<Write> kept = commit.writes().stream()
                                .filter(write -> !puts || write instanceof Write.Put || !world.chance(300))
                                .toList();
                        return super.commit(
                                new Commit(commit.directory(), commit.conditions(), kept, commit.returning()));
                    }
                }),
                Mutant.store("COM-2a", "only the first condition is evaluated", world -> new PlainStore(world.time()) {
                    @Override
                    boolean hold(Commit commit) {
                        return commit.conditions().stream()
                                .limit(1)
                                .allMatch(condition -> holds(condition, entry(commit.directory(), condition.name())));
                    }
                }),
                Mutant.store("COM-2a", "one condition that holds is enough", world -> new PlainStore(world.time()) {
                    @Override
                    boolean hold(Commit commit) {
                        return commit.conditions().isEmpty()
                                || commit.conditions().stream()
                                        .anyMatch(condition ->
                                                holds(condition, entry(commit.directory(), condition.name())));
                    }
                }),
                Mutant.store(
                        "COM-2b",
                        "an absent entry has the revision that is asked for",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean holds(Condition condition, Optional<Entry> entry) {
                                boolean revision = condition instanceof Condition.CreateRevision
                                        || condition instanceof Condition.ModRevision;
                                return (revision && entry.isEmpty()) || super.holds(condition, entry);
                            }
                        }),
                Mutant.client(
                        "COM-2c", "a condition that does not hold is a failure", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenCompose(result -> result instanceof CommitResult.Conflict
                                                ? failedFuture(new BackendException(
                                                        Outcome.NOT_APPLIED, false, "a condition did not hold", null))
                                                : completedFuture(result));
                            }
                        }),
                Mutant.client("COM-3", "'absent' is checked before the put is sent", CheckThenAct::new),
                Mutant.store(
                        "COM-4",
                        "conditions compare a version counted per entry",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean holds(Condition condition, Optional<Entry> entry) {
                                if (condition instanceof Condition.CreateRevision created) {
                                    // Any newer incarnation of the entry passes for the original one.
                                    return entry.isPresent() && entry.get().createRevision() >= created.revision();
                                }
                                return super.holds(condition, entry);
                            }
                        }),
                Mutant.connected(
                        "COM-4",
                        "revisions are versions of one entry",
                        (world, config) -> new PerEntryVersions(new PlainClient(world.store(config), config))),
                Mutant.client(
                        "COM-5a",
                        "now and then a commit has the revision of the commit before",
                        (world, below) -> new ToldRevisions(below) {
                            private final AtomicLong last = new AtomicLong(1);

                            @Override
                            long told(long revision) {
                                long before = last.getAndSet(revision);
                                return world.chance(20) ? before : revision;
                            }
                        }),
                Mutant.store(
                        "COM-5a",
                        "each entry of a commit gets a revision of its own",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void apply(String directory, Write write, long at) {
                                super.apply(directory, write, write instanceof Write.Put ? next(directory) : at);
                            }
                        }),
                Mutant.store(
                        "COM-5b",
                        "the revision goes back when a directory becomes empty",
                        world -> new PlainStore(world.time()) {
                            private final Map<String, Long> last = new ConcurrentHashMap<>();

                            @Override
                            long next(String directory) {
                                return last.merge(directory, 1L, Long::sum);
                            }

                            @Override
                            void emptied(String directory) {
                                super.emptied(directory);
                                last.remove(directory);
                            }
                        }),
                Mutant.store(
                        "COM-5b",
                        "revisions come from clocks that are not in step",
                        world -> new PlainStore(world.time()) {
                            @Override
                            long next(String directory) {
                                long now = super.next(directory) * 10;
                                return world.chance(50) ? Math.max(1, now - 55) : now;
                            }
                        }),
                Mutant.store("COM-5c", "revisions wrap at 2^53", world -> new PlainStore(world.time()) {
                    @Override
                    long next(String directory) {
                        long next = super.next(directory) + Entry.MAX_REVISION - 10;
                        return next > Entry.MAX_REVISION ? next - Entry.MAX_REVISION : next;
                    }
                }),
                Mutant.store(
                        "COM-5d",
                        "a check is answered with the store's revision",
                        world -> new PlainStore(world.time()) {
                            @Override
                            long unchanged(Commit commit) {
                                return revision;
                            }
                        }),
                Mutant.store("COM-5d", "a delete of nothing takes a revision", world -> new PlainStore(world.time()) {
                    @Override
                    long unchanged(Commit commit) {
                        return commit.writes().isEmpty() ? 0 : next(commit.directory());
                    }
                }),
                Mutant.store(
                        "COM-6", "one of two servers that draw revisions lags", world -> new PlainStore(world.time()) {
                            @Override
                            long next(String directory) {
                                long now = super.next(directory) * 4;
                                return world.chance(100) ? Math.max(1, now - 14) : now;
                            }
                        }),
                Mutant.store("COM-7a", "a put resets createRevision", world -> new PlainStore(world.time()) {
                    @Override
                    Entry put(Write.Put put, Optional<Entry> before, long at) {
                        return super.put(put, Optional.empty(), at);
                    }
                }),
                Mutant.store(
                        "COM-7a", "a put of the same value changes nothing", world -> new PlainStore(world.time()) {
                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                return before.filter(entry -> entry.value().equals(put.value()))
                                        .orElseGet(() -> super.put(put, before, at));
                            }
                        }),
                Mutant.store(
                        "COM-7b",
                        "an entry that was there before keeps its createRevision",
                        world -> new PlainStore(world.time()) {
                            private final Map<String, Long> first = new ConcurrentHashMap<>();

                            @Override
                            Entry put(Write.Put put, Optional<Entry> before, long at) {
                                Entry entry = super.put(put, before, at);
                                long created = first.computeIfAbsent(put.name(), name -> entry.createRevision());
                                return new Entry(
                                        entry.name(), entry.value(), Math.min(created, at), at, entry.leaseId());
                            }
                        }),
                Mutant.store(
                        "COM-8a",
                        "a check touches the entries that it compares with",
                        world -> new PlainStore(world.time()) {
                            @Override
                            long unchanged(Commit commit) {
                                for (Condition condition : commit.conditions()) {
                                    entry(commit.directory(), condition.name())
                                            .ifPresent(entry -> store(
                                                    commit.directory(),
                                                    new Entry(
                                                            entry.name(),
                                                            entry.value(),
                                                            entry.createRevision(),
                                                            next(commit.directory()),
                                                            entry.leaseId())));
                                }
                                return 0;
                            }
                        }),
                Mutant.store(
                        "COM-8a",
                        "a commit that ends as a conflict has deleted",
                        world -> new PlainStore(world.time()) {
                            @Override
                            CommitResult commit(Commit commit) {
                                CommitResult result = super.commit(commit);
                                if (result instanceof CommitResult.Conflict) {
                                    commit.writes().stream()
                                            .filter(write -> write instanceof Write.Delete)
                                            .forEach(write -> remove(commit.directory(), write.name()));
                                }
                                return result;
                            }
                        }),
                Mutant.store("COM-8b", "a check is announced", world -> new PlainStore(world.time()) {
                    @Override
                    long unchanged(Commit commit) {
                        commit.conditions().forEach(condition -> announce(commit.directory(), condition.name(), 0));
                        return 0;
                    }
                }),
                Mutant.store("COM-8b", "a delete of nothing is announced", world -> new PlainStore(world.time()) {
                    @Override
                    long unchanged(Commit commit) {
                        commit.writes().forEach(write -> announce(commit.directory(), write.name(), 0));
                        return 0;
                    }
                }),
                Mutant.connected(
                        "COM-9b",
                        "a commit accepts any lease of the store",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkLease(Commit commit) {}
                        }),
                Mutant.store(
                        "COM-9b",
                        "a lease that was never granted counts as no lease",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean lives(long lease) {
                                return super.lives(lease) || lease > 1_000;
                            }
                        }),
                Mutant.connected(
                        "COM-10a",
                        "thirty writes are the most",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkSizes(Commit commit) {
                                super.checkSizes(commit);
                                checkSize("writes", commit.writes().size(), 30);
                            }
                        }),
                Mutant.connected(
                        "COM-10a",
                        "a request of 128 KiB is too large for the wire",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkSizes(Commit commit) {
                                super.checkSizes(commit);
                                checkSize("bytes", bytesOf(commit), 128 * 1024 - 1);
                            }
                        }),
                Mutant.connected(
                        "COM-10b",
                        "a commit that is too large is truncated",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                int most = guarantees().maxWrites();
                                return super.commit(
                                        commit.writes().size() > most
                                                ? new Commit(
                                                        commit.directory(),
                                                        commit.conditions(),
                                                        commit.writes().subList(0, most),
                                                        commit.returning())
                                                : commit);
                            }
                        }),
                Mutant.connected(
                        "COM-10b",
                        "a commit that is too large looks like a lost connection",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(refused -> failedFuture(new BackendException(
                                                Outcome.NOT_APPLIED, false, "connection lost", refused)));
                            }
                        }),
                Mutant.client("COM-11", "a commit in a hundred is sent a second time", SentAgain::new),
                Mutant.library(
                        "COM-11",
                        "the library resends after a lost reply",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(
                                                lost -> isUnknown(lost) ? super.commit(commit) : failedFuture(lost));
                            }
                        }),
                Mutant.client(
                        "COM-12",
                        "one conflict in twenty is decided from a stale read",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return !commit.conditions().isEmpty() && world.chance(50)
                                        ? completedFuture(new CommitResult.Conflict(Optional.empty()))
                                        : super.commit(commit);
                            }
                        }),
                Mutant.client(
                        "COM-12",
                        "a condition is compared with the value that the client saw last",
                        StaleConflicts::new),
                Mutant.client("COM-13", "a check is answered from separate reads", CheckByReads::new),
                Mutant.client(
                        "COM-13", "a commit without writes always goes through", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return commit.writes().isEmpty()
                                        ? completedFuture(new CommitResult.Committed(0, Optional.empty()))
                                        : super.commit(commit);
                            }
                        }),
                Mutant.client(
                        "VAL-1a",
                        "values go through UTF-8",
                        (world, below) -> putting(
                                below,
                                value -> Bytes.utf8(
                                        new String(value.toArray(), java.nio.charset.StandardCharsets.UTF_8)))),
                Mutant.client(
                        "VAL-1a",
                        "values end at the first zero byte",
                        (world, below) -> putting(below, value -> {
                            byte[] all = value.toArray();
                            int end = 0;
                            while (end < all.length && all[end] != 0) {
                                end++;
                            }
                            return Bytes.copyOf(java.util.Arrays.copyOf(all, end));
                        })),
                Mutant.connected(
                        "VAL-1b",
                        "a value may have 64,000 bytes",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkSizes(Commit commit) {
                                super.checkSizes(commit);
                                commit.writes().stream()
                                        .filter(write -> write instanceof Write.Put)
                                        .forEach(write -> checkSize(
                                                "bytes",
                                                ((Write.Put) write).value().size(),
                                                64_000));
                            }
                        }),
                Mutant.client(
                        "VAL-1b",
                        "a value above 200,000 bytes is truncated",
                        (world, below) -> putting(
                                below,
                                value -> value.size() < 200_000
                                        ? value
                                        : Bytes.copyOf(java.util.Arrays.copyOf(value.toArray(), 200_000)))),
                Mutant.connected(
                        "VAL-1c",
                        "a value one byte too large is accepted",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            void checkSizes(Commit commit) {}
                        }),
                Mutant.client(
                        "VAL-1c", "a value that is too large ends as UNKNOWN", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(refused -> failedFuture(new BackendException(
                                                Outcome.NOT_APPLIED, false, "too large", refused)));
                            }
                        }));
    }

    static boolean isUnknown(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof java.util.concurrent.CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof BackendException failure && failure.outcome() == Outcome.UNKNOWN;
    }

    static long bytesOf(Commit commit) {
        return commit.writes().stream()
                .mapToLong(write -> PlainStore.bytes(write.name())
                        + (write instanceof Write.Put put ? put.value().size() : 0))
                .sum();
    }

    private static Backend putting(Backend below, java.util.function.UnaryOperator<Bytes> stored) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                List<Write> writes = commit.writes().stream()
                        .map(write -> write instanceof Write.Put put
                                ? new Write.Put(put.name(), stored.apply(put.value()), put.leaseId())
                                : write)
                        .toList();
                return super.commit(new Commit(commit.directory(), commit.conditions(), writes, commit.returning()));
            }
        };
    }

    /** Sends the conditions first, and the writes that depend on them a moment later. */
    static class CheckThenAct extends Wrapper {
        private final World world;

        CheckThenAct(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!isChecked(commit)) {
                return super.commit(commit);
            }
            Commit check = new Commit(commit.directory(), commit.conditions(), List.of(), commit.returning());
            Commit act = new Commit(commit.directory(), List.of(), commit.writes(), commit.returning());
            return super.commit(check).thenCompose(result -> {
                if (!(result instanceof CommitResult.Committed)) {
                    return completedFuture(result);
                }
                CompletableFuture<CommitResult> done = new CompletableFuture<>();
                world.later(
                        Duration.ofMillis(2),
                        Runnable::run,
                        () -> super.commit(act).whenComplete((acted, failure) -> {
                            if (failure == null) {
                                done.complete(acted);
                            } else {
                                done.completeExceptionally(failure);
                            }
                        }));
                return done;
            });
        }

        boolean isChecked(Commit commit) {
            return !commit.conditions().isEmpty() && !commit.writes().isEmpty() && PlainStore.leaseOf(commit) == 0;
        }
    }

    /** Numbers each client's entries from 1: reports an entry's version as its revision. */
    private static final class PerEntryVersions extends Wrapper {
        PerEntryVersions(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            List<Condition> conditions = commit.conditions().stream()
                    .map(condition -> condition instanceof Condition.CreateRevision
                            ? new Condition.Present(condition.name())
                            : condition)
                    .toList();
            return super.commit(new Commit(commit.directory(), conditions, commit.writes(), commit.returning()));
        }
    }

    /** Reports other revisions than the store did. */
    private abstract static class ToldRevisions extends Wrapper {
        ToldRevisions(Backend below) {
            super(below);
        }

        abstract long told(long revision);

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit)
                    .thenApply(result -> result instanceof CommitResult.Committed committed && committed.revision() > 0
                            ? new CommitResult.Committed(told(committed.revision()), committed.snapshot())
                            : result);
        }
    }

    /** The second copy arrives a little later, without its conditions. */
    private static final class SentAgain extends Wrapper {
        private final World world;

        SentAgain(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).whenComplete((result, failure) -> {
                boolean applied = result instanceof CommitResult.Committed committed && committed.revision() > 0;
                if (applied && PlainStore.leaseOf(commit) == 0 && world.chance(20)) {
                    world.later(
                            Duration.ofMillis(3),
                            Runnable::run,
                            () -> super.commit(
                                    new Commit(commit.directory(), List.of(), commit.writes(), Optional.empty())));
                }
            });
        }
    }

    /** Remembers what it read, and answers a contradicting condition without asking the store. */
    private static final class StaleConflicts extends Wrapper {
        private final Map<String, Boolean> there = new ConcurrentHashMap<>();

        StaleConflicts(World world, Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<io.sereno.spi.Snapshot> read(Query query) {
            return super.read(query).thenApply(read -> {
                read.entries().forEach(entry -> there.put(query.directory() + "/" + entry.name(), true));
                return read;
            });
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            boolean stale = commit.conditions().stream()
                    .anyMatch(condition -> condition instanceof Condition.Absent
                            && there.remove(commit.directory() + "/" + condition.name()) != null);
            return stale ? completedFuture(new CommitResult.Conflict(Optional.empty())) : super.commit(commit);
        }
    }

    /** Reads the entries of a check one after another. */
    private static final class CheckByReads extends Wrapper {
        private final World world;

        CheckByReads(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!commit.writes().isEmpty() || commit.conditions().size() < 2) {
                return super.commit(commit);
            }
            CompletableFuture<CommitResult> done = new CompletableFuture<>();
            look(commit, 0, done);
            return done;
        }

        private void look(Commit commit, int place, CompletableFuture<CommitResult> done) {
            if (place == commit.conditions().size()) {
                done.complete(new CommitResult.Committed(0, Optional.empty()));
                return;
            }
            Commit one = new Commit(
                    commit.directory(), List.of(commit.conditions().get(place)), List.of(), Optional.empty());
            super.commit(one).whenComplete((result, failure) -> {
                if (failure != null) {
                    done.completeExceptionally(failure);
                } else if (result instanceof CommitResult.Committed) {
                    world.later(Duration.ofMillis(3), Runnable::run, () -> look(commit, place + 1, done));
                } else {
                    done.complete(result);
                }
            });
        }
    }
}
