package io.sereno.recipes.locks;

import io.sereno.recipes.client.RightQueue;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
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
final class LockQueue extends RightQueue<LockRequest> {
    static final Shared<InUse<String, LockQueue>> QUEUES =
            new Shared<>(client -> new InUse<>(LockQueue::close), InUse::close);

    /** The places, in the order in which they were made, until the store has nothing of them. */
    private final List<LockTurn> turns = new ArrayList<>(2);

    LockQueue(InUse<String, LockQueue> queues, Scope scope) {
        super(queues, scope);
    }

    /** Requests the claims; with a limit the request ends by itself. The caller has entered the queue, the end of the request exits. */
    LockRequest request(String operation, Claims claims, boolean onlyIfFree, @Nullable Duration limit) {
        return submit(new LockRequest(this, operation, claims, onlyIfFree, limit != null), limit);
    }

    /** In a place of this client with the same claims, or else in a new one. */
    @Override
    protected void enqueue(LockRequest request) {
        LockTurn joined = joinable(request.claims, request.isOnlyIfFree());
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
        enter();
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

    @Override
    protected boolean isTaken(LockRequest request) {
        return turns.stream().anyMatch(turn -> turn.isWanted() && turn.claims().conflictsWith(request.claims));
    }

    @Override
    protected boolean isServedAtOnce(LockRequest request) {
        LockTurn held = joinable(request.claims, true);
        if (held == null) {
            return false;
        }
        held.join(request);
        return true;
    }

    @Override
    protected boolean isTaken(LockRequest request, Snapshot snapshot) {
        return View.queue(snapshot).stream()
                .anyMatch(entry -> request.claims.conflictsWith(entry)
                        && !scope().client().sessions().isStray(entry));
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

    @Override
    protected @Nullable BackendException failure(LockRequest request) {
        return request.turn == null ? null : request.turn.failure();
    }

    @Override
    protected boolean isBehindOthers(LockRequest request, boolean inReach) {
        return request.turn != null && request.turn.isBehindOthers(inReach);
    }

    @Override
    protected void remove(LockRequest request, CompletableFuture<Void> gone) {
        if (request.turn != null) {
            request.turn.remove(request, gone);
        } else {
            gone.complete(null);
        }
    }

    @Override
    protected void endAll() {
        List.copyOf(turns).forEach(LockTurn::close);
    }
}
