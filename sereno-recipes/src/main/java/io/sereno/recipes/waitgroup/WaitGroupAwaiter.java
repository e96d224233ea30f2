package io.sereno.recipes.waitgroup;

import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoException;
import io.sereno.UnreadableEntryException;
import io.sereno.WorkersLostException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Quote;
import io.sereno.recipes.kernel.RearmingWatch;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.Timer;
import io.sereno.spi.BackendException;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All waiters for one group in this client: one watch and at most one read under way, however many waiters there are.
 *
 * <p>Invariant: a waiter gets only results that were shown by a read that began after its wait had begun.
 *
 * <ol>
 *   <li><b>Look</b> when a waiter comes, when the watch requests it, and once per ttl. A request for a look while one is under way gets the
 *       next one.
 *   <li><b>Bind.</b> A waiter belongs to the generation that the first look showed; if there was none yet, to the first one created.
 *   <li><b>Judge.</b> If the generation is done, the wait ends. If the header is gone, or is another one, the group was deleted. If a later
 *       generation has begun, this one has failed if the header says so, else it is done.
 *   <li><b>Settle</b> workers that seem to be lost, by a commit that proves the loss, and look again. No waiter is
 *       notified of lost workers before all that seem to be lost with them are settled.
 *   <li>A wait whose <b>time is up</b> gets a last look, and does not wait long for the answer.
 * </ol>
 *
 * <p>All but {@link #enter}, {@link #leave} and {@link #close} is confined to the strand.
 */
final class WaitGroupAwaiter {
    static final Shared<InUse<String, WaitGroupAwaiter>> AWAITERS =
            new Shared<>(client -> new InUse<>(WaitGroupAwaiter::close), InUse::close);

    private static final String OPERATION = "await";

    /** One waiter; completed with whether the generation was finished. */
    static final class Waiter extends TimedWait<Boolean> {
        /** The group that it belongs to; 0 while that is not known. */
        private long group;

        private long generation;
        /** There was no generation yet when the wait began. */
        private boolean early;

        /** The store has been read for this waiter, with or without an answer. */
        private boolean looked;

        private boolean timeUp;
        /** It looks once, and waits only for the store's answer. */
        private final boolean looksOnce;

        Waiter(Kernel kernel, Strand strand, boolean looksOnce) {
            super(kernel, strand);
            this.looksOnce = looksOnce;
        }
    }

    private final Kernel kernel;
    private final Scope scope;
    private final String directory;
    private final Strand strand = new Strand();
    private final Set<Waiter> waiters = new LinkedHashSet<>();

    private @Nullable RearmingWatch watch;
    private final Requests requests;
    /** A look is wanted. Set to false when the read is sent, so that a request during the read causes another look. */
    private boolean due;

    private boolean settling;
    private boolean closed;
    private final Timer timer = new Timer();

    WaitGroupAwaiter(Scope scope) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.directory = scope.directory();
        this.requests = new Requests(
                kernel, strand, directory, Requests.OnFailure.first(why -> scope.retrying(OPERATION, why)), this::step);
    }

    Waiter enter(@Nullable Duration timeout) {
        Waiter waiter = new Waiter(kernel, strand, timeout != null && timeout.isZero());
        strand.execute(() -> {
            if (closed) {
                waiter.fail(scope.closed(OPERATION));
                return;
            }
            waiters.add(waiter);
            if (timeout != null && !timeout.isZero()) {
                waiter.limit(timeout, () -> timeUp(waiter));
            }
            if (watch == null) {
                watch = new RearmingWatch(kernel, strand, new Target(directory, Optional.empty()), this::look);
                watch.open();
            }
            if (timeout != null && timeout.isZero()) {
                timeUp(waiter);
            } else {
                look();
            }
        });
        return waiter;
    }

    void leave(Waiter waiter) {
        strand.execute(() -> {
            waiter.end();
            if (waiters.remove(waiter) && waiters.isEmpty()) {
                rest();
            }
        });
    }

    void close() {
        strand.execute(() -> {
            closed = true;
            requests.forget();
            waiters.forEach(waiter -> waiter.fail(scope.closed(OPERATION)));
            rest();
        });
    }

    private void rest() {
        due = false;
        requests.endPause();
        timer.cancel();
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }

    // Step 1.
    private void look() {
        due = true;
        requests.endPause();
        step();
    }

    private void step() {
        if (due && !closed && !waiters.isEmpty() && requests.isIdle()) {
            due = false;
            timer.cancel();
            List<Waiter> asking = List.copyOf(waiters);
            requests.read(new Query.All(directory), snapshot -> seen(snapshot, asking), why -> missed(why, asking));
        }
    }

    private void seen(Snapshot snapshot, List<Waiter> asking) {
        WaitGroupSnapshot seen;
        try {
            seen = WaitGroupSnapshot.of(snapshot);
        } catch (UnreadableEntryException unreadable) {
            asking.forEach(waiter -> waiter.fail(Quote.again(unreadable)));
            return;
        }
        asking.forEach(waiter -> judge(waiter, seen));
        settle(seen);
        if (!waiters.isEmpty()) {
            timer.set(kernel.time(), kernel.jittered(scope.client().settings().sessionTtl()), strand, this::look);
        }
    }

    private void missed(@Nullable BackendException why, List<Waiter> asking) {
        due = true;
        boolean isPermanent = why != null && why.permanent();
        for (Waiter waiter : asking) {
            waiter.looked = true;
            if (isPermanent || waiter.timeUp) {
                waiter.fail(scope.notApplied(OPERATION, why));
            }
        }
    }

    private void judge(Waiter waiter, WaitGroupSnapshot seen) {
        waiter.looked = true;
        bind(waiter, seen);
        WaitGroupState state = seen.state();
        long mine = waiter.generation;
        List<String> lost = state.lostIn(mine);
        if (mine != 0 && seen.group() != waiter.group) {
            waiter.fail(new IllegalStateException(scope.about(OPERATION) + ": the wait group was deleted meanwhile"));
        } else if (mine == 0 || (state.generation() == mine && state.isOpen())) {
            if (waiter.timeUp) {
                waiter.complete(false);
            }
        } else if (lost == null && state.remembers(mine)) {
            waiter.complete(true);
        } else if (lost == null) {
            waiter.fail(new OutcomeUnknownException(
                    scope.about(OPERATION) + ": generation " + mine
                            + " is over, and so many generations have failed since that its result is no longer stored",
                    null));
        } else if (seen.lifeless().isEmpty() || state.generation() != mine || waiter.timeUp) {
            waiter.fail(lost(lost));
        }
    }

    // Step 2.
    private static void bind(Waiter waiter, WaitGroupSnapshot seen) {
        if (waiter.generation != 0) {
            return;
        }
        if (seen.state().generation() == 0) {
            waiter.early = true;
        } else {
            waiter.group = seen.group();
            waiter.generation = waiter.early ? 1 : seen.state().generation();
        }
    }

    private SerenoException lost(List<String> workers) {
        return new WorkersLostException(
                workers,
                scope.about(OPERATION) + ": workers were lost before they were done: " + String.join(", ", workers)
                        + "; the generation has failed, add() opens the next one");
    }

    // Step 4.
    private void settle(WaitGroupSnapshot seen) {
        WaitGroupSnapshot.Settling change = seen.settle(kernel);
        if (change == null || settling) {
            return;
        }
        settling = true;
        scope.client().shared(WaitGroupRecipe.CELLS).submit(scope, scope.one(WaitGroupRecipe.HEADER), change);
        var unused = change.whenComplete((done, why) -> strand.execute(() -> {
            settling = false;
            if (why == null || why instanceof WaitGroupPlace.Gone) {
                look();
            } else {
                scope.retrying("settle", why); // The next look retries.
            }
        }));
    }

    // Step 5.
    private void timeUp(Waiter waiter) {
        waiter.timeUp = true;
        BackendException failure = requests.failure();
        if (waiter.looked && failure != null) {
            waiter.fail(scope.notApplied(OPERATION, failure));
            return;
        }
        Duration patience = waiter.looksOnce ? kernel.operationTimeout() : Kernel.GRACE;
        waiter.limit(patience, () -> giveUp(waiter));
        look();
    }

    /**
     * The last look got no answer. Completes with false if the store has answered something else since the wait began, else with a failure.
     */
    private void giveUp(Waiter waiter) {
        BackendException why = scope.client().sessions().failure(requests.failure());
        boolean inReach = why == null && waiter.hasStoreAnswered();
        if (inReach && !waiter.looksOnce) {
            waiter.complete(false);
        } else {
            waiter.fail(scope.notApplied(OPERATION, why));
        }
    }
}
