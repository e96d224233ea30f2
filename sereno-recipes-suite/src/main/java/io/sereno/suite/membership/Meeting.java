package io.sereno.suite.membership;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.tck.faults.Between;
import io.sereno.tck.run.Bench;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * Holds one commit on its way, so that another client acts between what the sender has read and the arrival of its
 * commit.
 */
final class Meeting extends Between {
    private final Predicate<Commit> which;
    private final Bench bench;
    private final AtomicBoolean held = new AtomicBoolean();
    private final CompletableFuture<Void> free = new CompletableFuture<>();
    private volatile boolean lost;
    private volatile boolean answersAreLost;

    Meeting(Bench bench, Backend below, Predicate<Commit> which) {
        super(below);
        this.bench = bench;
        this.which = which;
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        if (!which.test(commit) || !held.compareAndSet(false, true)) {
            return super.commit(commit);
        }
        bench.stir();
        return free.thenCompose(now -> {
            if (lost) {
                return failedFuture(unknown());
            }
            return answersAreLost
                    ? super.commit(commit).thenCompose(result -> failedFuture(unknown()))
                    : super.commit(commit);
        });
    }

    private static BackendException unknown() {
        return new BackendException(BackendException.Outcome.UNKNOWN, false, "lost on its way, by the kit", null);
    }

    /** Returns when the commit has been sent. */
    void await() {
        if (!bench.reach(held::get, bench.patience())) {
            throw bench.vacuous("the commit that was to be met was not sent");
        }
    }

    /** Lets the commit go on, and meet what has happened meanwhile. */
    void go() {
        free.complete(null);
    }

    /** Lets the commit go on; its result is lost. */
    void loseAnswers() {
        answersAreLost = true;
        free.complete(null);
    }

    /** Loses the commit, and the sender does not know. */
    void lose() {
        lost = true;
        free.complete(null);
    }
}
