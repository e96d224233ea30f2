package io.sereno.recipes.client;

import io.sereno.SerenoMeter.NotGranted;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The callers of one client that want rights from one directory: what their requests have in common, from the call to the right or to the answer that
 * there is none. There is one such queue for each directory, and only while somebody uses it ({@link InUse}). The recipe decides who waits where, and who
 * is next.
 *
 * <p>Invariant: each request is one user of the queue until it ends; a request that is granted hands this on to its hold.
 *
 * <ol>
 *   <li>A request is enqueued. A request that wants its right only if it is free reads the directory first, so that it puts no entry behind others.
 *   <li>If its limit has passed, it is removed from the recipe's queue. Its caller is answered when the store has nothing of it, or after a grace
 *       period: with empty if others were in front or the store was only too slow, else with the failure.
 *   <li>A request that is withdrawn is removed at once, even if it has just been granted.
 * </ol>
 *
 * <p>All but {@link #submit}, {@link #await}, {@link #withdraw} and {@link #gone} is confined to the strand, on which the recipe's part is called.
 */
public abstract class RightQueue<R extends RightRequest> {
    private final Kernel kernel;
    private final InUse<String, ?> queues;
    private final Scope scope;
    private final Strand strand = new Strand();
    /** The requests that want their right only if it is free, and are still checking whether it is. */
    private final List<R> looking = new ArrayList<>(1);

    private boolean closed;

    protected RightQueue(InUse<String, ?> queues, Scope scope) {
        this.kernel = scope.kernel();
        this.queues = queues;
        this.scope = scope;
    }

    /** Lets a request wait for its right. */
    protected abstract void enqueue(R request);

    /** Serves a request, which does not wait for others, by what the client has; false if that is not possible. */
    protected boolean isServedAtOnce(R request) {
        return false;
    }

    /** Whether callers of this client that have or want rights keep others from being served at once. */
    protected abstract boolean isTaken(R request);

    /** Whether entries of the directory keep the request from being served at once. */
    protected abstract boolean isTaken(R request, Snapshot snapshot);

    /** Whether the request is known to wait for others. {@code inReach}: the store answers, and there is a session. */
    protected abstract boolean isBehindOthers(R request, boolean inReach);

    /** Why the last request to the store failed; null if it did not. For every thread. */
    protected abstract @Nullable BackendException failure(R request);

    /** Removes a request that has ended; {@code gone} completes when the store has nothing of it. */
    protected abstract void remove(R request, CompletableFuture<Void> gone);

    /** Whether the request has to stay for now; then runs the task later. */
    protected boolean isPostponed(R request, Runnable task) {
        return false;
    }

    /** Fails the requests that wait, and ends what is held: the client closes. */
    protected abstract void endAll();

    public final Kernel kernel() {
        return kernel;
    }

    public final Scope scope() {
        return scope;
    }

    public final Strand strand() {
        return strand;
    }

    /** Begins a request; with a limit the request ends by itself. The caller has entered the queue, the end of the request exits. */
    protected final R submit(R request, @Nullable Duration limit) {
        kernel.events().waiting(scope.recipe(), scope.name());
        strand.execute(() -> {
            if (closed) {
                fail(request, NotGranted.CLOSED, scope.closed(request.operation));
            } else if (!request.onlyIfFree) {
                enqueue(request);
            } else if (isTaken(request)) {
                busy(request);
            } else if (!isServedAtOnce(request)) {
                lookFirst(request);
            }
        });
        if (limit != null && !request.isEnded()) {
            limit(request, limit);
        }
        return request;
    }

    private void limit(R request, Duration limit) {
        try {
            // Counted from the call: the time spent before this line is part of it.
            request.limit(limit.minusNanos(kernel.time().nanoTime() - request.since), () -> runOut(request));
        } catch (RuntimeException refused) {
            var unused = withdraw(request);
            throw refused;
        }
    }

    /** Waits for the result in the caller's thread; an interrupt withdraws the request. */
    public final Optional<Hold> await(R request) throws InterruptedException {
        try {
            return Await.interruptibly(request.result());
        } catch (InterruptedException interrupted) {
            Await.uninterruptibly(withdraw(request));
            throw interrupted;
        }
    }

    /** Withdraws a request, even one that has just been granted. Completes when the store has nothing of it, or after a grace period. */
    public final CompletableFuture<Void> withdraw(R request) {
        return kernel.atMost(Kernel.GRACE, gone(request));
    }

    /** As {@link #withdraw}, and completes only when the store has nothing of it, or the session is over, or the client closes. */
    public final CompletableFuture<Void> gone(R request) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        strand.execute(() -> withdraw(request, gone));
        return gone;
    }

    private void withdraw(R request, CompletableFuture<Void> gone) {
        if (request.hold != null) {
            var unused = request.hold.surrender().thenRun(() -> gone.complete(null));
        } else if (!isPostponed(request, () -> withdraw(request, gone))) {
            end(request, NotGranted.WITHDRAWN);
            remove(request, gone);
        }
    }

    private void lookFirst(R request) {
        looking.add(request);
        kernel.store().read(new Query.All(scope.directory()), strand, (snapshot, why) -> {
            looking.remove(request);
            if (request.isEnded()) {
                return;
            }
            if (snapshot == null) {
                fail(request, NotGranted.FAILED, scope.notApplied(request.operation, why));
            } else if (isTaken(request) || isTaken(request, snapshot)) {
                busy(request);
            } else {
                enqueue(request);
            }
        });
    }

    private void runOut(R request) {
        if (request.isEnded() || isPostponed(request, () -> runOut(request))) {
            return;
        }
        boolean inReach = failure(request) == null && scope.client().sessions().current() != null;
        boolean behindOthers = isBehindOthers(request, inReach);
        CompletableFuture<Void> gone = new CompletableFuture<>();
        end(request);
        remove(request, gone);
        kernel.afterGrace(gone, () -> {
            // Reported only here, so that the meter gets the same result as the caller.
            if (behindOthers || isAnswered(request)) {
                gaveUp(request, NotGranted.BUSY);
                request.complete(Optional.empty());
            } else {
                gaveUp(request, NotGranted.FAILED);
                request.fail(scope.notApplied(request.operation, failure(request)));
            }
        });
    }

    /** The store is reachable, and was only too slow to say in time who is in front. */
    private boolean isAnswered(R request) {
        return !request.onlyIfFree && failure(request) == null && request.hasStoreAnswered();
    }

    /** Makes a request the holder of a right. */
    public final Hold grant(R request, Hold.Giver giver, Session under, long token) {
        return grant(request, giver, under, token, kernel.events().now());
    }

    /** As above; {@code now} is the clock, which the caller has read for the grant. */
    public final Hold grant(R request, Hold.Giver giver, Session under, long token, long now) {
        Hold hold = new Hold(kernel, giver, under, scope.recipe(), scope.name(), token, now);
        request.hold = hold;
        request.end();
        // The request has become a hold: the end of the hold exits the queue, instead of the end of the request.
        hold.reportGrant(request.since);
        request.complete(Optional.of(hold));
        return hold;
    }

    /** Others are in front of a request that does not wait for them. */
    protected final void busy(R request) {
        end(request, NotGranted.BUSY);
        request.complete(Optional.empty());
    }

    /** As above, after the entry that was put for the request is gone. */
    public final void busy(R request, CompletableFuture<Void> gone) {
        end(request, NotGranted.BUSY);
        kernel.afterGrace(gone, () -> request.complete(Optional.empty()));
    }

    /** The request can never be granted; {@code gone}: the entry that was put for it is gone. */
    protected final void refuse(R request, CompletableFuture<Void> gone, RuntimeException why) {
        end(request, NotGranted.FAILED);
        kernel.afterGrace(gone, () -> request.fail(why));
    }

    public final void failAll(Collection<R> requests, BackendException why) {
        failAll(requests, NotGranted.FAILED, request -> scope.notApplied(request.operation, why));
    }

    public final void closeAll(Collection<R> requests) {
        failAll(requests, NotGranted.CLOSED, request -> scope.closed(request.operation));
    }

    private void failAll(Collection<R> requests, NotGranted why, Function<R, RuntimeException> error) {
        List<R> all = List.copyOf(requests);
        requests.clear();
        all.forEach(request -> fail(request, why, error.apply(request)));
    }

    private void fail(R request, NotGranted why, RuntimeException error) {
        end(request, why);
        request.fail(error);
    }

    private void end(R request, NotGranted why) {
        if (!request.isEnded()) {
            gaveUp(request, why);
            end(request);
        }
    }

    private void gaveUp(R request, NotGranted why) {
        kernel.events().gaveUp(scope.recipe(), scope.name(), why, request.since);
    }

    private void end(R request) {
        if (request.end()) {
            exit();
        }
    }

    /** A user of this queue has ended: a request, the hold that it became, or a place in the store. */
    public final void exit() {
        queues.exit(scope.directory());
    }

    /** Adds a user, while there is another. */
    protected final void enter() {
        queues.enter(scope.directory());
    }

    /** Ends everything: requests fail, holds are lost. The entries in the store end with the session. */
    public final void close() {
        strand.execute(() -> {
            closed = true;
            closeAll(looking);
            endAll();
        });
    }
}
