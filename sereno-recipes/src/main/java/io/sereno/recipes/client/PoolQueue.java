package io.sereno.recipes.client;

import static java.util.stream.Collectors.toCollection;

import io.sereno.recipes.kernel.InUse;
import io.sereno.spi.BackendException;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The callers of one client that want something of one pool, in the order of their arrival, and the places of those that have it. There is one such queue for
 * each directory, and only while somebody uses it ({@link InUse}).
 *
 * <p>Stored: nothing but the entries of its {@link PoolTurn}s.
 *
 * <p>Invariant: at most one place of this client waits, that of the first request in line.
 *
 * <p>All but {@link #request} and {@link #withdraw} is confined to the strand.
 */
public final class PoolQueue extends RightQueue<PoolRequest> {
    public static final Shared<InUse<String, PoolQueue>> QUEUES =
            new Shared<>(client -> new InUse<>(PoolQueue::close), InUse::close);

    private final Deque<PoolRequest> waiting = new ArrayDeque<>(2);
    /** The places, until the store has nothing of them. */
    private final List<PoolTurn> turns = new ArrayList<>(2);
    /** The place of the first request in line; null if nobody waits. Written on the strand only. */
    private volatile @Nullable PoolTurn entering;

    private PoolQueue(InUse<String, PoolQueue> queues, Scope scope) {
        super(queues, scope);
    }

    /** The queue of this directory, with one user added. */
    public static PoolQueue enter(Scope scope, String operation) {
        scope.requireOpen(operation);
        InUse<String, PoolQueue> queues = scope.client().shared(QUEUES);
        return queues.enter(scope.directory(), () -> new PoolQueue(queues, scope));
    }

    /** Begins a request; with a limit it ends by itself. The caller has entered the queue, the end of the request exits. */
    public <R extends PoolRequest> R request(R request, @Nullable Duration timeout) {
        submit(request, timeout);
        return request;
    }

    @Override
    protected void enqueue(PoolRequest request) {
        waiting.add(request);
        enterNext();
    }

    private void enterNext() {
        PoolRequest first = waiting.peek();
        if (entering == null && first != null) {
            PoolTurn turn = new PoolTurn(this, first);
            entering = turn;
            turns.add(turn);
            enter();
            turn.enter();
        }
    }

    /** A caller that is about to be granted keeps nobody from asking. */
    @Override
    protected boolean isTaken(PoolRequest request) {
        PoolTurn first = entering;
        return first != null && first.hasToWait();
    }

    @Override
    protected boolean isTaken(PoolRequest request, Snapshot snapshot) {
        return request.isTaken(snapshot);
    }

    @Override
    protected boolean isBehindOthers(PoolRequest request, boolean inReach) {
        PoolTurn first = entering;
        return first != null && first.isBehindOthers() && inReach;
    }

    @Override
    protected @Nullable BackendException failure(PoolRequest request) {
        PoolTurn turn = request.turn != null ? request.turn : entering;
        return turn == null ? null : turn.failure();
    }

    /** The first request in line was granted. */
    void granted(PoolRequest request) {
        waiting.remove(request);
        entering = null;
        enterNext();
    }

    @Override
    protected void remove(PoolRequest request, CompletableFuture<Void> gone) {
        waiting.remove(request);
        PoolTurn turn = entering;
        if (turn == null || request.turn != turn) {
            gone.complete(null);
            return;
        }
        PoolRequest next = waiting.peek();
        if (next != null && next.isLike(request)) {
            turn.serve(next);
            gone.complete(null);
        } else {
            leave(turn, gone);
        }
    }

    private void leave(PoolTurn turn, CompletableFuture<Void> gone) {
        entering = null;
        turn.leave(gone);
        enterNext();
    }

    /**
     * The first request in line has to wait. If it waits, those behind it that do not are answered. If it does not, it is answered with those next
     * to it that ask for the same, and the next one goes on.
     */
    void waits(PoolRequest first) {
        Stream<PoolRequest> behind = waiting.stream().filter(request -> request != first);
        Stream<PoolRequest> tries = first.isOnlyIfFree()
                ? behind.takeWhile(request -> request.isOnlyIfFree() && request.isLike(first))
                : behind.filter(PoolRequest::isOnlyIfFree);
        Set<PoolRequest> answered = tries.collect(toCollection(LinkedHashSet::new));
        waiting.removeAll(answered);
        answered.forEach(this::busy);
        if (first.isOnlyIfFree()) {
            CompletableFuture<Void> gone = new CompletableFuture<>();
            remove(first, gone);
            busy(first, gone);
        }
    }

    /** The request can never be granted; nor can another one in this place, which looks no more. */
    void refused(PoolTurn turn, PoolRequest request, RuntimeException why) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        waiting.remove(request);
        leave(turn, gone);
        refuse(request, gone, why);
    }

    /** The store refuses permanently. */
    void failed(BackendException why) {
        PoolTurn turn = entering;
        entering = null;
        failAll(waiting, why);
        if (turn != null) {
            turn.leave(new CompletableFuture<>());
        }
    }

    /** The store has nothing of this place, and it wants nothing. */
    void idle(PoolTurn turn) {
        if (turns.remove(turn)) {
            exit();
        }
    }

    /** How many places of this client the store may have; for one session, it never has more. */
    public int places() {
        return turns.size();
    }

    @Override
    protected void endAll() {
        entering = null;
        closeAll(waiting);
        List.copyOf(turns).forEach(PoolTurn::close);
    }
}
