package io.sereno.recipes.permits;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.RightQueue;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The callers of one client that want permits of one pool, in the order of their arrival, and the places of those that have permits. There is one such
 * queue for each directory, and only while somebody uses it ({@link InUse}).
 *
 * <p>Stored: nothing but the entries of its {@link PermitTurn}s.
 *
 * <p>Invariant: at most one place of this client waits, that of the first request in line.
 *
 * <p>All but {@link #request} and {@link #withdraw} is confined to the strand.
 */
final class PermitQueue extends RightQueue<PermitRequest> {
    static final Shared<InUse<String, PermitQueue>> QUEUES =
            new Shared<>(client -> new InUse<>(PermitQueue::close), InUse::close);

    private final Deque<PermitRequest> waiting = new ArrayDeque<>(2);
    /** The places, until the store has nothing of them. */
    private final List<PermitTurn> turns = new ArrayList<>(2);
    /** The place of the first request in line; null if nobody waits. Written on the strand only. */
    private volatile @Nullable PermitTurn entering;

    PermitQueue(InUse<String, PermitQueue> queues, Scope scope) {
        super(queues, scope);
    }

    /** Requests permits; with a limit the request ends by itself. The caller has entered the queue, the end of the request exits. */
    PermitRequest request(
            String operation, int weight, int firstLimit, boolean onlyIfFree, @Nullable Duration timeout) {
        return submit(new PermitRequest(this, operation, weight, firstLimit, onlyIfFree, timeout != null), timeout);
    }

    @Override
    protected void enqueue(PermitRequest request) {
        waiting.add(request);
        enterNext();
    }

    private void enterNext() {
        PermitRequest first = waiting.peek();
        if (entering == null && first != null) {
            PermitTurn turn = new PermitTurn(this, first);
            entering = turn;
            turns.add(turn);
            enter();
            turn.enter();
        }
    }

    /** A caller that is about to be granted permits keeps nobody from asking. */
    @Override
    protected boolean isTaken(PermitRequest request) {
        PermitTurn first = entering;
        return first != null && first.isWaiting();
    }

    /** A request that can never be granted is not answered here, but by its look at the queue. */
    @Override
    protected boolean isTaken(PermitRequest request, Snapshot snapshot) {
        int limit;
        try {
            limit = Limit.in(snapshot.entries()).orElse(request.firstLimit);
        } catch (UnreadableEntryException unreadable) {
            return false;
        }
        long sum = request.weight;
        for (Entry place : View.queue(snapshot)) {
            sum += scope().client().sessions().isStray(place)
                    ? 0
                    : Weight.of(place).permits();
        }
        return request.weight <= limit && sum > limit;
    }

    @Override
    protected boolean isBehindOthers(PermitRequest request, boolean inReach) {
        PermitTurn first = entering;
        return first != null && first.isWaiting() && inReach;
    }

    @Override
    protected @Nullable BackendException failure(PermitRequest request) {
        PermitTurn turn = request.turn != null ? request.turn : entering;
        return turn == null ? null : turn.failure();
    }

    /** The first request in line was granted. */
    void granted(PermitRequest request) {
        waiting.remove(request);
        entering = null;
        enterNext();
    }

    @Override
    protected void remove(PermitRequest request, CompletableFuture<Void> gone) {
        waiting.remove(request);
        PermitTurn turn = entering;
        if (turn == null || request.turn != turn) {
            gone.complete(null);
            return;
        }
        PermitRequest next = waiting.peek();
        if (next != null && next.weight == request.weight) {
            turn.serve(next);
            gone.complete(null);
        } else {
            leave(turn, gone);
        }
    }

    private void leave(PermitTurn turn, CompletableFuture<Void> gone) {
        entering = null;
        turn.leave(gone);
        enterNext();
    }

    /** The first request in line has to wait. If it does not, the next one goes on; if it does, those behind it that do not wait are answered. */
    void waits(PermitRequest first) {
        if (first.isOnlyIfFree()) {
            CompletableFuture<Void> gone = new CompletableFuture<>();
            remove(first, gone);
            busy(first, gone);
        } else {
            List<PermitRequest> tries =
                    waiting.stream().filter(PermitRequest::isOnlyIfFree).toList();
            waiting.removeAll(tries);
            tries.forEach(this::busy);
        }
    }

    /** The request can never be granted; nor can another one in this place, which looks no more. */
    void refused(PermitTurn turn, PermitRequest request, RuntimeException why) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        waiting.remove(request);
        leave(turn, gone);
        refuse(request, gone, why);
    }

    /** The store refuses permanently. */
    void failed(BackendException why) {
        PermitTurn turn = entering;
        entering = null;
        failAll(waiting, why);
        if (turn != null) {
            turn.leave(new CompletableFuture<>());
        }
    }

    /** The store has nothing of this place, and it wants nothing. */
    void idle(PermitTurn turn) {
        if (turns.remove(turn)) {
            exit();
        }
    }

    /** How many places of this client the store may have; for one session, it never has more. */
    int places() {
        return turns.size();
    }

    @Override
    protected void endAll() {
        entering = null;
        closeAll(waiting);
        List.copyOf(turns).forEach(PermitTurn::close);
    }
}
