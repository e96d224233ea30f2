package io.sereno.recipes.locks;

import io.sereno.LossCause;
import io.sereno.SerenoMeter.NotGranted;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The callers of one client that use one directory of locks, and the places in which they wait and hold. There is one such queue for each
 * directory, and only while somebody uses it ({@link InUse}).
 *
 * <p>Stored: nothing but the entries of its {@link LockTurn}s.
 *
 * <p>Invariant: a caller joins no place in front of a place of this client that conflicts with it.
 *
 * <p>All but {@link #request} and {@link #withdraw} is confined to the strand.
 */
final class LockQueue {
    static final Shared<InUse<String, LockQueue>> QUEUES =
            new Shared<>(client -> new InUse<>(LockQueue::close), InUse::close);

    private final Kernel kernel;
    private final TimeSource time;
    private final InUse<String, LockQueue> queues;
    private final Scope scope;
    private final Strand strand = new Strand();
    /** The places, in the order in which they were made, until the store has nothing of them. */
    private final List<LockTurn> turns = new ArrayList<>(2);
    /** The requests that want their names only if they are free, and are still checking whether they are. */
    private final List<LockRequest> looking = new ArrayList<>(1);

    private boolean closed;

    LockQueue(InUse<String, LockQueue> queues, Scope scope) {
        this.kernel = scope.kernel();
        this.time = kernel.time();
        this.queues = queues;
        this.scope = scope;
    }

    Scope scope() {
        return scope;
    }

    Strand strand() {
        return strand;
    }

    /** Requests the claims; with a limit the request ends by itself. The caller has entered the queue, the end of the request exits. */
    LockRequest request(String operation, Claims claims, boolean onlyIfFree, @Nullable Duration limit) {
        long since = limit != null ? time.nanoTime() : kernel.events().now();
        LockRequest request = new LockRequest(kernel, strand, operation, claims, onlyIfFree, since);
        kernel.events().waiting(scope.recipe(), scope.name());
        strand.execute(() -> {
            if (closed) {
                fail(request, NotGranted.CLOSED, scope.closed(operation));
            } else if (!onlyIfFree) {
                place(request, joinable(claims, false));
            } else if (isTaken(claims)) {
                answerBusy(request);
            } else {
                tryNow(request);
            }
        });
        if (limit != null && !request.isEnded()) {
            limit(request, limit);
        }
        return request;
    }

    private void limit(LockRequest request, Duration limit) {
        try {
            // Counted from the call: the time spent before this line is part of it.
            request.limit(limit.minusNanos(time.nanoTime() - request.since), () -> runOut(request));
        } catch (RuntimeException refused) {
            var unused = withdraw(request);
            throw refused;
        }
    }

    /** Withdraws a request, even one that has just been granted. Completes when the store has nothing of it, or after a grace period. */
    CompletableFuture<Void> withdraw(LockRequest request) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        strand.execute(() -> {
            if (request.hold != null) {
                var unused = request.hold.surrender().thenRun(() -> gone.complete(null));
            } else {
                end(request, NotGranted.WITHDRAWN);
                giveUp(request, gone);
            }
        });
        return kernel.atMost(Kernel.GRACE, gone);
    }

    private void place(LockRequest request, @Nullable LockTurn joined) {
        if (joined != null) {
            joined.join(request);
        } else {
            Deque<LockRequest> alone = new ArrayDeque<>(2);
            alone.add(request);
            enter(request.claims, alone);
        }
    }

    private void enter(Claims claims, Deque<LockRequest> requests) {
        LockTurn turn = new LockTurn(this, claims, requests);
        turns.add(turn);
        queues.enter(scope.directory(), () -> this);
        turn.enter();
    }

    private @Nullable LockTurn joinable(Claims claims, boolean held) {
        List<LockTurn> order = inOrder();
        for (int i = order.size() - 1; i >= 0; i--) {
            LockTurn turn = order.get(i);
            if (turn.isJoinable(claims, held)) {
                return turn;
            }
            if (turn.isWanted() && turn.claims().conflictsWith(claims)) {
                return null;
            }
        }
        return null;
    }

    /**
     * The places in the order of the store. Those that are not known to be there come last, in the order in which they were made: an enqueue that
     * was refused, or whose outcome is unknown, may come to the tail.
     */
    private List<LockTurn> inOrder() {
        return turns.size() < 2
                ? turns
                : turns.stream()
                        .sorted(Comparator.comparingLong(LockTurn::position))
                        .toList();
    }

    private boolean isTaken(Claims claims) {
        return turns.stream().anyMatch(turn -> turn.isWanted() && turn.claims().conflictsWith(claims));
    }

    /** A request that wants its names only if they are free does not put an entry behind others. */
    private void tryNow(LockRequest request) {
        LockTurn held = joinable(request.claims, true);
        if (held != null) {
            held.join(request);
            return;
        }
        looking.add(request);
        kernel.store().read(new Query.All(scope.directory()), strand, (snapshot, why) -> {
            looking.remove(request);
            if (request.isEnded()) {
                return;
            }
            if (snapshot == null) {
                fail(request, NotGranted.FAILED, scope.notApplied(request.operation, why));
            } else if (isTaken(request.claims) || isTaken(request.claims, snapshot)) {
                answerBusy(request);
            } else {
                place(request, joinable(request.claims, true));
            }
        });
    }

    private boolean isTaken(Claims claims, Snapshot snapshot) {
        return View.queue(snapshot).stream()
                .anyMatch(entry -> claims.conflictsWith(entry)
                        && !scope.client().sessions().isStray(entry));
    }

    /** Lets callers that their place cannot serve wait elsewhere: in the next place with these claims, or else in a new one. */
    void moveOn(LockTurn from, Claims claims, Deque<LockRequest> left) {
        if (!left.isEmpty() && !moveToNext(from, claims, left)) {
            Deque<LockRequest> all = new ArrayDeque<>(left);
            left.clear();
            enter(claims, all);
        }
    }

    /** Lets callers wait in the next place with these claims, before its own; false if there is none. */
    boolean moveToNext(LockTurn from, Claims claims, Deque<LockRequest> left) {
        for (LockTurn turn : inOrder()) {
            if (turn != from && turn.isWaitingFor(claims)) {
                turn.joinFirst(left);
                return true;
            }
        }
        return false;
    }

    /** The place goes to the tail. */
    void rollsOver(LockTurn turn) {
        turns.remove(turn);
        turns.add(turn);
    }

    /** How many places of this client the store may have; for one session, it never has more. */
    int places() {
        return turns.size();
    }

    /** The store has nothing of this place, and it wants nothing. */
    void idle(LockTurn turn) {
        if (turns.remove(turn)) {
            exit();
        }
    }

    private void runOut(LockRequest request) {
        if (request.isEnded()) {
            return;
        }
        LockTurn turn = request.turn;
        boolean failing = turn != null && turn.failure() != null;
        boolean inReach = !failing && scope.client().sessions().current() != null;
        boolean behindOthers = turn != null && turn.isBehindOthers(inReach);
        CompletableFuture<Void> gone = new CompletableFuture<>();
        end(request);
        giveUp(request, gone);
        kernel.afterGrace(gone, () -> {
            // Reported only here, so that the meter gets the same result as the caller.
            boolean answered =
                    !request.onlyIfFree && (turn == null || turn.failure() == null) && request.hasStoreAnswered();
            if (behindOthers || answered) {
                gaveUp(request, NotGranted.BUSY);
                request.complete(Optional.empty());
            } else {
                gaveUp(request, NotGranted.FAILED);
                request.fail(scope.notApplied(request.operation, turn == null ? null : turn.failure()));
            }
        });
    }

    private void giveUp(LockRequest request, CompletableFuture<Void> gone) {
        if (request.turn != null) {
            request.turn.giveUp(request, gone);
        } else {
            gone.complete(null);
        }
    }

    /** The place of this request has others in front, and the request does not wait for them. */
    void busy(LockRequest request, CompletableFuture<Void> gone) {
        end(request, NotGranted.BUSY);
        kernel.afterGrace(gone, () -> request.complete(Optional.empty()));
    }

    private void answerBusy(LockRequest request) {
        end(request, NotGranted.BUSY);
        request.complete(Optional.empty());
    }

    void fail(LockRequest request, NotGranted why, RuntimeException error) {
        end(request, why);
        request.fail(error);
    }

    private void end(LockRequest request, NotGranted why) {
        if (!request.isEnded()) {
            gaveUp(request, why);
            end(request);
        }
    }

    private void gaveUp(LockRequest request, NotGranted why) {
        kernel.events().gaveUp(scope.recipe(), scope.name(), why, request.since);
    }

    private void end(LockRequest request) {
        if (request.end()) {
            exit();
        }
    }

    /** A request has ended, or the hold that it became. */
    void exit() {
        queues.exit(scope.directory());
    }

    /** Ends everything: requests fail, holds are lost. The entries in the store end with the session. */
    private void close() {
        strand.execute(() -> {
            closed = true;
            List.copyOf(looking).forEach(request -> fail(request, NotGranted.CLOSED, scope.closed(request.operation)));
            List.copyOf(turns).forEach(turn -> turn.close(LossCause.SERENO_CLOSED));
        });
    }
}
