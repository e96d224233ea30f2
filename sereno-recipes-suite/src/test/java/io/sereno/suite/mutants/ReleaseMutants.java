package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Mutex;
import io.sereno.spi.CommitResult;
import java.time.Duration;

/** Locks that are released incorrectly. */
final class ReleaseMutants {
    private ReleaseMutants() {}

    static void addTo(Mutants all) {
        all.backend("LCK-15a", "a release that finds no entry has succeeded")
                .results((commit, result) ->
                        Queueing.leaves(commit) && result instanceof CommitResult.Conflict ? Commits.done() : result);
        all.recipe("LCK-15a", "release() does not report a loss, as close() does not")
                .objects(Mutex.class, mutex -> LockObjects.granting(mutex, LockObjects::silent));
        all.backend("LCK-15b", "a deletion that is refused the second time proves a loss")
                .afterFailures((below, commit, lost) -> Queueing.leaves(commit) && Failures.isUnknown(lost)
                        ? below.commit(commit)
                        : failedFuture(lost));
        all.backend("LCK-15c", "a release returns before its entry is deleted")
                .with((world, below) -> Queueing.leavingLater(world, below, Duration.ofMillis(100), name -> true));
    }
}
