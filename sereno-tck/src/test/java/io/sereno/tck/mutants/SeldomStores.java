package io.sereno.tck.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** Stores that are right nearly always. */
final class SeldomStores {
    private SeldomStores() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.connected(
                        "READ-3d",
                        "a range mixes moments",
                        (world, config) -> new Wrapper(new PlainClient(world.store(config), config)) {
                            private final Backend mixed = new ReadMutants.MixedMoments(world, below);

                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return query instanceof Query.Range ? mixed.read(query) : super.read(query);
                            }
                        }),
                Mutant.connected(
                        "READ-3d",
                        "of a snapshot the last entry is of a moment later",
                        (world, config) -> new Wrapper(new PlainClient(world.store(config), config)) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).thenCompose(read -> {
                                    if (read.entries().size() < 2
                                            || world.random().nextInt(4) > 0) {
                                        return completedFuture(read);
                                    }
                                    java.util.concurrent.CompletableFuture<Snapshot> done =
                                            new java.util.concurrent.CompletableFuture<>();
                                    int last = read.entries().size() - 1;
                                    world.later(
                                            Duration.ofMillis(1),
                                            Runnable::run,
                                            () -> super.read(new Query.One(
                                                            query.directory(),
                                                            read.entries()
                                                                    .get(last)
                                                                    .name()))
                                                    .whenComplete((one, failure) -> {
                                                        if (failure != null) {
                                                            done.completeExceptionally(failure);
                                                        } else {
                                                            java.util.ArrayList<io.sereno.spi.Entry> all =
                                                                    new java.util.ArrayList<>(read.entries()
                                                                            .subList(0, last));
                                                            all.addAll(one.entries());
                                                            done.complete(new Snapshot(all, read.more()));
                                                        }
                                                    }));
                                    return done;
                                });
                            }
                        }),
                Mutant.library(
                        "READ-8c",
                        "nobody knows of a commit whose read failed",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenCompose(result -> unread(commit, result)
                                                ? failedFuture(new BackendException(
                                                        Outcome.UNKNOWN, false, "the read failed", null))
                                                : completedFuture(result));
                            }
                        }),
                Mutant.library(
                        "READ-8c",
                        "a read that failed has found nothing",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .thenApply(result -> unread(commit, result)
                                                ? new CommitResult.Committed(
                                                        ((CommitResult.Committed) result).revision(),
                                                        Optional.of(new Snapshot(List.of(), false)))
                                                : result);
                            }
                        }),
                Mutant.library(
                        "LEA-10",
                        "a lost connection revokes all leases of its client but the first",
                        (world, network, executor) -> new Wrapper(network) {
                            private final AtomicInteger granted = new AtomicInteger();

                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl)
                                        .thenApply(lease -> granted.getAndIncrement() == 0
                                                ? lease
                                                : new OfLease(lease) {
                                                    @Override
                                                    public CompletionStage<Boolean> renew() {
                                                        return super.renew().whenComplete((alive, failure) -> {
                                                            if (failure != null) {
                                                                lease.revoke();
                                                            }
                                                        });
                                                    }
                                                });
                            }
                        }),
                Mutant.library(
                        "LEA-10",
                        "a renewal that failed is answered from what was known, and so are those after it",
                        (world, network, executor) -> LeaseMutants.leased(network, lease -> new Wrapper.OfLease(lease) {
                            private volatile boolean failed;

                            @Override
                            public CompletionStage<Boolean> renew() {
                                return failed
                                        ? completedFuture(true)
                                        : super.renew().whenComplete((alive, failure) -> failed |= failure != null);
                            }
                        })));
    }

    private static boolean unread(Commit commit, CommitResult result) {
        return commit.returning().isPresent()
                && result instanceof CommitResult.Committed committed
                && committed.snapshot().isEmpty();
    }
}
