package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Outcomes of calls that are reported incorrectly. */
final class OutcomeMutants {
    private OutcomeMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.library(
                        "OUT-1",
                        "a timeout is reported as NOT_APPLIED",
                        (world, network, executor) -> failing(network, OutcomeMutants::notApplied)),
                Mutant.client(
                        "OUT-1",
                        "one commit in twenty is reported as NOT_APPLIED and applied later",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                if (commit.writes().isEmpty() || !world.chance(50)) {
                                    return super.commit(commit);
                                }
                                world.later(Duration.ofMillis(10), Runnable::run, () -> super.commit(commit));
                                return failedFuture(new BackendException(Outcome.NOT_APPLIED, false, "not sent", null));
                            }
                        }),
                Mutant.store("OUT-2", "a commit is reported before it is stored", WriteBehind::new),
                Mutant.library(
                        "OUT-2",
                        "the exception of a lost connection is swallowed",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionally(
                                                swallowed -> new CommitResult.Committed(1_000_000, Optional.empty()));
                            }
                        }),
                Mutant.library(
                        "OUT-3",
                        "a commit of unknown outcome is resent in the background",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit).whenComplete((result, failure) -> {
                                    if (failure != null && CommitMutants.isUnknown(failure)) {
                                        world.later(
                                                Duration.ofMillis(5),
                                                executor,
                                                () -> super.commit(new Commit(
                                                        commit.directory(),
                                                        List.of(),
                                                        commit.writes(),
                                                        Optional.empty())));
                                    }
                                });
                            }
                        }),
                Mutant.library(
                        "OUT-3",
                        "a request that may still arrive is reported as NOT_APPLIED",
                        (world, network, executor) -> failing(network, OutcomeMutants::notApplied)),
                Mutant.library(
                        "OUT-4",
                        "a lost reply is reported as NOT_APPLIED",
                        (world, network, executor) -> failing(network, OutcomeMutants::notApplied)),
                Mutant.library(
                        "OUT-4",
                        "after a lost reply the conditions are checked once more, and do not hold",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(lost -> CommitMutants.isUnknown(lost)
                                                ? CompletableFuture.completedFuture(
                                                        new CommitResult.Conflict(Optional.empty()))
                                                : failedFuture(lost));
                            }
                        }),
                Mutant.library(
                        "OUT-5",
                        "a commit that could not be sent is reported as UNKNOWN",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(lost -> failedFuture(
                                                new BackendException(Outcome.UNKNOWN, false, "who knows", lost)));
                            }
                        }),
                Mutant.library(
                        "OUT-6a",
                        "a lost read is reported as UNKNOWN",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query)
                                        .exceptionallyCompose(lost -> failedFuture(
                                                new BackendException(Outcome.UNKNOWN, false, "timeout", lost)));
                            }
                        }),
                Mutant.library(
                        "OUT-6a",
                        "a lost grant is reported as UNKNOWN",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl)
                                        .exceptionallyCompose(lost -> failedFuture(
                                                new BackendException(Outcome.UNKNOWN, false, "timeout", lost)));
                            }
                        }),
                Mutant.library(
                        "OUT-6a",
                        "a lost watch is reported as UNKNOWN",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(target, listener)
                                        .exceptionallyCompose(lost -> failedFuture(
                                                new BackendException(Outcome.UNKNOWN, false, "timeout", lost)));
                            }
                        }),
                Mutant.client(
                        "OUT-6b",
                        "a refused call is sent, and reported as a lost connection",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit).exceptionallyCompose(OutcomeMutants::lost);
                            }

                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl).exceptionallyCompose(OutcomeMutants::lost);
                            }
                        }),
                Mutant.client(
                        "OUT-6c",
                        "stages fail with exceptions of the client library",
                        (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query)
                                        .exceptionallyCompose(
                                                failure -> failedFuture(new IllegalStateException("channel closed")));
                            }
                        }),
                Mutant.client(
                        "OUT-6c",
                        "a public method shows a class of the client library",
                        (world, below) -> new Leaky(below)),
                Mutant.connected(
                        "OUT-6d",
                        "toString() shows the password",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public String toString() {
                                return "client of " + config.user().orElse("nobody") + ":"
                                        + config.password().map(String::new).orElse("");
                            }
                        }),
                Mutant.connected("OUT-6d", "a refused login repeats the password", (world, config) -> {
                    config.password().ifPresent(password -> {
                        throw new BackendException(
                                Outcome.NOT_APPLIED, true, "login refused: " + new String(password), null);
                    });
                    return new PlainClient(world.store(config), config);
                }),
                Mutant.library(
                        "OUT-7",
                        "after a lost connection no call works",
                        (world, network, executor) -> new Broken(network)),
                Mutant.library(
                        "OUT-7",
                        "after a lost commit a client reads, but cannot write",
                        (world, network, executor) -> new Wrapper(network) {
                            private volatile boolean lost;

                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return lost
                                        ? failedFuture(notApplied(new IllegalStateException("suspended")))
                                        : super.commit(commit)
                                                .whenComplete((result, failure) -> lost |= failure != null);
                            }
                        }));
    }

    private static Backend failing(Backend network, java.util.function.UnaryOperator<Throwable> told) {
        return new Wrapper(network) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit).exceptionallyCompose(failure -> failedFuture(told.apply(failure)));
            }
        };
    }

    private static Throwable notApplied(Throwable failure) {
        return new BackendException(Outcome.NOT_APPLIED, false, "timeout", failure);
    }

    private static <T> CompletionStage<T> lost(Throwable refused) {
        return refused instanceof CompletionException && refused.getCause() != null
                ? lost(refused.getCause())
                : CompletableFuture.failedFuture(
                        new BackendException(Outcome.NOT_APPLIED, false, "connection lost", refused));
    }

    /** Has a method that cannot be called without one of our classes. */
    public static final class Leaky extends Wrapper {
        Leaky(Backend below) {
            super(below);
        }

        /** Returns a class of another library. */
        public com.tngtech.archunit.core.importer.ClassFileImporter library() {
            return new com.tngtech.archunit.core.importer.ClassFileImporter();
        }
    }

    /** Remembers its first failure forever. */
    private static final class Broken extends Wrapper {
        private volatile boolean broken;

        Broken(Backend network) {
            super(network);
        }

        private <T> CompletionStage<T> call(java.util.function.Supplier<CompletionStage<T>> call) {
            return broken
                    ? failedFuture(new BackendException(Outcome.NOT_APPLIED, false, "not connected", null))
                    : call.get().whenComplete((result, failure) -> broken |= failure != null);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return call(() -> super.read(query));
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return call(() -> super.commit(commit));
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return call(() -> super.watch(target, listener));
        }
    }

    /** Stores entries a little later if nothing depends on them yet. */
    private static final class WriteBehind extends PlainStore {
        private final World world;

        WriteBehind(World world) {
            super(world.time());
            this.world = world;
        }

        @Override
        long apply(Commit commit) {
            boolean isNew = commit.writes().stream()
                    .allMatch(write -> write instanceof Write.Put
                            && entry(commit.directory(), write.name()).isEmpty());
            if (!isNew || !commit.conditions().isEmpty() || leaseOf(commit) != 0) {
                return super.apply(commit);
            }
            long at = next(commit.directory());
            world.later(
                    Duration.ofMillis(20),
                    Runnable::run,
                    () -> step(() -> {
                        commit.writes().forEach(write -> apply(commit.directory(), write, at));
                        return at;
                    }));
            return at;
        }
    }
}
