package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Client libraries that overlook one kind of request. */
final class OneKind {
    private OneKind() {}

    private enum Kind {
        GRANT,
        RENEWAL,
        REVOCATION,
        WATCH;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static List<Mutant> all() {
        return Stream.of(
                        Stream.of(Kind.REVOCATION, Kind.WATCH).map(OneKind::forgotten),
                        Stream.of(Kind.GRANT, Kind.RENEWAL, Kind.WATCH).map(OneKind::broken),
                        Stream.of(
                                lost("OUT-4", "a lost reply to a delete is reported as NOT_APPLIED", OneKind::deletes),
                                lost(
                                        "OUT-4",
                                        "a lost reply to a commit with a read is reported as NOT_APPLIED",
                                        commit -> commit.returning().isPresent()),
                                lost(
                                        "OUT-4",
                                        "a lost reply to a commit with conditions is reported as NOT_APPLIED",
                                        commit -> !commit.conditions().isEmpty()),
                                lost(
                                        "OUT-4",
                                        "a lost reply to a commit under a lease is reported as NOT_APPLIED",
                                        commit -> PlainStore.leaseOf(commit) != 0),
                                again()))
                .flatMap(mutants -> mutants)
                .toList();
    }

    private static boolean deletes(Commit commit) {
        return commit.writes().stream().allMatch(Write.Delete.class::isInstance)
                && !commit.writes().isEmpty();
    }

    private static Mutant forgotten(Kind kind) {
        return Mutant.library(
                "LIF-2",
                "a " + kind.text() + " that is under way is left incomplete by close()",
                (world, network, executor) -> new Overlooking(network, kind) {
                    private volatile boolean closed;

                    @Override
                    <T> CompletionStage<T> of(Supplier<CompletionStage<T>> request) {
                        if (closed) {
                            return request.get();
                        }
                        CompletableFuture<T> answer = new CompletableFuture<>();
                        request.get().whenComplete((result, failure) -> {
                            if (failure == null) {
                                answer.complete(result);
                            } else if (!closed) {
                                answer.completeExceptionally(failure);
                            }
                        });
                        return answer;
                    }

                    @Override
                    public void close() {
                        closed = true;
                        super.close();
                    }
                });
    }

    private static Mutant broken(Kind kind) {
        return Mutant.library(
                "OUT-7",
                "after a " + kind.text() + " was lost there is no other",
                (world, network, executor) -> new Overlooking(network, kind) {
                    private volatile boolean lost;

                    @Override
                    <T> CompletionStage<T> of(Supplier<CompletionStage<T>> request) {
                        if (lost) {
                            return failedFuture(
                                    new BackendException(Outcome.NOT_APPLIED, false, "the stream is broken", null));
                        }
                        return request.get().whenComplete((result, failure) -> lost |= failure != null);
                    }
                });
    }

    private static Mutant lost(String rule, String what, Predicate<Commit> which) {
        return Mutant.library(rule, what, (world, network, executor) -> new Wrapper(network) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .exceptionallyCompose(failure -> failedFuture(
                                which.test(commit) && CommitMutants.isUnknown(failure)
                                        ? new BackendException(Outcome.NOT_APPLIED, false, "no answer", failure)
                                        : failure));
            }
        });
    }

    private static Mutant again() {
        return Mutant.library("COM-11", "a delete is sent again", (world, network, executor) -> new Wrapper(network) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .exceptionallyCompose(failure ->
                                deletes(commit) && commit.conditions().isEmpty() && CommitMutants.isUnknown(failure)
                                        ? super.commit(commit)
                                        : failedFuture(failure));
            }
        });
    }

    /** Handles one kind of request incorrectly. */
    private abstract static class Overlooking extends Wrapper {
        private final Kind kind;

        Overlooking(Backend network, Kind kind) {
            super(network);
            this.kind = kind;
        }

        abstract <T> CompletionStage<T> of(Supplier<CompletionStage<T>> request);

        private <T> CompletionStage<T> send(Kind sent, Supplier<CompletionStage<T>> request) {
            return sent == kind ? of(request) : request.get();
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return send(Kind.GRANT, () -> super.grantLease(ttl)).thenApply(lease -> new OfLease(lease) {
                @Override
                public CompletionStage<Boolean> renew() {
                    return send(Kind.RENEWAL, super::renew);
                }

                @Override
                public CompletionStage<Void> revoke() {
                    return send(Kind.REVOCATION, super::revoke);
                }
            });
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return send(Kind.WATCH, () -> super.watch(target, listener));
        }
    }
}
