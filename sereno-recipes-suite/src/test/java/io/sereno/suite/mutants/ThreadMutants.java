package io.sereno.suite.mutants;

import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Snapshot;
import java.util.Optional;

/**
 * Stores that are correct as long as no two threads are inside them at the same time. Each leaves the lock in the middle
 * of a step, and a thread that waits for it comes in between.
 */
final class ThreadMutants {
    private ThreadMutants() {}

    static void addTo(Mutants all) {
        all.store("READ-2b", "other threads see a commit after each of its writes")
                .with(store -> store.write = (directory, write, at) -> {
                    store.write(directory, write, at);
                    store.letOthersIn(8);
                });
        all.store("READ-8a", "the returned read of a conflict is made before the lock is taken")
                .with(store -> store.commit = commit -> {
                    Optional<Snapshot> before = commit.returning().map(store::read);
                    store.letOthersIn(1);
                    CommitResult result = store.commit(commit);
                    return result instanceof CommitResult.Conflict ? new CommitResult.Conflict(before) : result;
                });
        all.store("COM-1", "conditions are evaluated outside the lock")
                .with(store -> store.hold = commit -> {
                    boolean hold = store.hold(commit);
                    store.letOthersIn(1);
                    return hold;
                });
        all.store("COM-3", "'absent' is evaluated outside the lock")
                .with(store -> store.hold = commit -> {
                    boolean hold = store.hold(commit);
                    if (commit.conditions().stream().anyMatch(Condition.Absent.class::isInstance)) {
                        store.letOthersIn(1);
                    }
                    return hold;
                });
        all.store("COM-5a", "the counter of revisions is read and written in two steps")
                .with(store -> store.next = directory -> {
                    long next = store.revision + 1;
                    store.letOthersIn(1);
                    store.revision = next;
                    return next;
                });
        all.store("COM-5b", "revisions are drawn outside the lock")
                .with(store -> store.next = directory -> {
                    long next = store.next(directory);
                    store.letOthersIn(1);
                    return next;
                });
    }
}
