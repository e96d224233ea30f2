package io.sereno.properties;

import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.WorkersLostException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * WGP-2: each place of the first generation of a wait group counts once, no worker has a place that was reported as not joined, and waiting callers
 * learn how the generation ended. Safe for use by multiple threads.
 */
public final class Places extends Property {
    private final int count;
    private final OnLostWorker policy;
    private final TakenBackBy taker;
    /** Ids of the joined workers. */
    private final Set<String> joined = new HashSet<>();
    /** The number of joins that have not ended, or have ended with an unknown outcome. */
    private int perhapsJoined;

    private int done;
    private int perhapsDone;
    private boolean finished;
    private boolean failed;

    /** As many places, with this policy, are added once. */
    public Places(int count, OnLostWorker policy, TakenBackBy taker) {
        this.count = count;
        this.policy = policy;
        this.taker = taker;
    }

    /** A call of {@code join} begins. */
    public synchronized void joins() {
        perhapsJoined++;
    }

    /** It has ended: with the id of a worker, or with a failure. */
    public synchronized void joined(@Nullable String worker, @Nullable Throwable failure) {
        if (worker != null) {
            joined.add(worker);
        }
        perhapsJoined -= failure instanceof OutcomeUnknownException ? 0 : 1;
    }

    /** A call of {@code done} of a worker begins. */
    public synchronized void finishes() {
        perhapsDone++;
    }

    /** A call of {@code done} of the group begins: it takes a place only to finish it. */
    public synchronized void countsDown() {
        perhapsJoined++;
        perhapsDone++;
    }

    /** A call of {@code done} has ended. */
    public synchronized void finished(@Nullable Throwable failure) {
        done += failure == null ? 1 : 0;
        perhapsDone -= failure instanceof OutcomeUnknownException ? 0 : 1;
    }

    /** A call of {@code await} without a time limit has ended. */
    public synchronized void waited(@Nullable Boolean result, @Nullable Throwable failure) {
        finished |= failure == null;
        failed |= failure instanceof WorkersLostException;
        boolean gone = failure instanceof IllegalStateException || failure instanceof OutcomeUnknownException;
        expect(
                failure instanceof WorkersLostException
                        ? policy == OnLostWorker.FAIL
                        : Boolean.TRUE.equals(result) || (gone && taker == TakenBackBy.STORE),
                () -> "await() ended as " + (failure == null ? result : failure) + " under " + policy);
    }

    /**
     * What is wrong with the results so far and this state of the group; empty if all is right.
     *
     * @param taken how many workers the store counts as joined
     */
    public synchronized Optional<String> wrong(WaitGroup.View shown, int taken) {
        if (taker == TakenBackBy.STORE || shown.generation() == 0) {
            expect(
                    taker == TakenBackBy.STORE || (done == 0 && !finished && !failed),
                    () -> done + " of no places are done");
            return wrong();
        }
        int counted = count - shown.pending();
        // Without ids, which differ when a schedule is repeated.
        String of = ", and of " + count + " places under " + policy + " " + shown.pending() + " are pending, "
                + shown.joined().size() + " joined, " + shown.lost().size() + " lost";
        expect(shown.generation() == 1, () -> "there is generation " + shown.generation() + of);
        expect(
                taken == shown.joined().size() && taken <= shown.pending(),
                () -> taken + " places count as taken by a worker" + of);
        // A place that was deleted while the outcome of its done() was unknown seems to be done.
        expect(counted <= count && (counted >= done || taker == TakenBackBy.DELETION), () -> done + " are done" + of);
        expect(
                counted <= done + perhapsDone || policy == OnLostWorker.COUNT_AS_DONE,
                () -> done + " are done, " + perhapsDone + " perhaps" + of);
        long strangers =
                shown.lost().stream().filter(worker -> !joined.contains(worker)).count();
        expect(
                strangers <= perhapsJoined && counted <= joined.size() + perhapsJoined,
                () -> joined.size() + " have joined, and " + perhapsJoined + " perhaps" + of);
        expect(!finished || (shown.pending() == 0 && shown.lost().isEmpty()), () -> "await() returned" + of);
        expect(!failed || !shown.lost().isEmpty(), () -> "await() failed" + of);
        return wrong();
    }
}
