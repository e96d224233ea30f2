package io.sereno.tck.run;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.faults.Between;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Makes reads and commits of different threads run inside the backend at the same time, and counts those that did. A
 * call waits until another thread is about to call, too; then both go on at once.
 */
public final class Overlap {
    /** How often a thread checks whether another one has come, before it goes on alone: for about a millisecond. */
    private static final int MOST_CHECKS = 20_000;

    /** The same where no other thread came the last times. */
    private static final int LEAST_CHECKS = 2_000;

    private final AtomicLong came = new AtomicLong();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicLong overlapping = new AtomicLong();
    private volatile int checks = MOST_CHECKS;

    /** The same backend; calls of all backends that this object was given meet each other. */
    public Backend over(Backend backend) {
        return new Between(backend) {
            @Override
            public CompletionStage<Snapshot> read(Query query) {
                return together(false, () -> super.read(query));
            }

            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return together(true, () -> super.commit(commit));
            }
        };
    }

    /** Two reads beside each other do not count: neither changes anything. */
    private <T> CompletionStage<T> together(boolean isCommit, Supplier<CompletionStage<T>> call) {
        meet();
        if ((isCommit ? inside : commits).get() > 0) {
            overlapping.incrementAndGet();
        }
        enter(isCommit, 1);
        try {
            return call.get().whenComplete((result, failure) -> enter(isCommit, -1));
        } catch (RuntimeException e) {
            enter(isCommit, -1);
            throw e;
        }
    }

    private void enter(boolean isCommit, int change) {
        inside.addAndGet(change);
        if (isCommit) {
            commits.addAndGet(change);
        }
    }

    /** Waits for a second thread, but not for long: there may be none. */
    private void meet() {
        long goal = (came.getAndIncrement() | 1) + 1;
        for (int i = 0; i < checks && came.get() < goal; i++) {
            Thread.onSpinWait();
        }
        checks = came.get() < goal ? Math.max(LEAST_CHECKS, checks / 2) : MOST_CHECKS;
    }

    /** How many commits began while another call was inside the backend, and how many reads beside a commit. */
    public long count() {
        return overlapping.get();
    }
}
