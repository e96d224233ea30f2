package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Mutex;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Locks that are released incorrectly. */
final class ReleaseMutants {
    private ReleaseMutants() {}

    static List<Mutant> all() {
        return List.of(
                backend("LCK-15a", "a release that finds no entry has succeeded", below -> new Queueing(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return super.commit(commit)
                                .thenApply(result ->
                                        leaves(commit) && result instanceof CommitResult.Conflict ? done() : result);
                    }
                }),
                recipe(
                        "LCK-15a",
                        "release() does not report a loss, as close() does not",
                        Mutex.class,
                        mutex -> LockObjects.granting(mutex, LockObjects::silent)),
                backend(
                        "LCK-15b",
                        "a deletion that is refused the second time proves a loss",
                        below -> new Queueing(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(lost -> leaves(commit) && CommitMutants.isUnknown(lost)
                                                ? super.commit(commit)
                                                : failedFuture(lost));
                            }
                        }),
                backend(
                        "LCK-15c",
                        "a release returns before its entry is deleted",
                        (world, below) -> new Queueing.LeavingLater(world, below, Duration.ofMillis(100))));
    }
}
