package io.sereno.recipes.locks;

import io.sereno.LossCause;
import io.sereno.recipes.client.HoldSeries;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One place in a {@link LockQueue}, and the callers of this client that share it since they claim the same names.
 *
 * <p>Stored: the entry of its {@link Turn}, with the claims.
 *
 * <p>Invariant: rights are held only while the turn is granted; if the claims exclude, at most one at a time. Claims never become stronger.
 *
 * <ol>
 *   <li>The place is made for its first request, and enters. Further requests join while it waits; when it is granted, its readers are served
 *       together, its writers one after another.
 *   <li>Requests also join, and the next writer is served, for as long as the series may go on: at most 1,024 holds, at most 20 ms after the
 *       grant, and under a session that is fresh.
 *   <li>When nobody holds any more: requests that are left go to the next place with the same claims if one waits; else the place rolls over to
 *       the tail. If no request is left, it leaves, and nobody uses it again.
 *   <li>A downgrade weakens the claims in the entry. Requests that are left need another place.
 *   <li>A loss ends all holds. If requests wait, the turn enters again; else it leaves.
 * </ol>
 *
 * <p>All but {@link #takeBack}, {@link #downgrade} and {@link #failure} is confined to the strand of the queue.
 */
final class LockTurn implements Turn.Owner, Hold.Giver {
    private final LockQueue queue;
    private final Scope scope;
    private final Turn turn;
    private final Deque<LockRequest> waiting;
    private final HoldSeries series;
    private final List<Hold> holds = new ArrayList<>(1);

    private Claims claims;
    private boolean left;
    private LossCause lastLoss = LossCause.SESSION_EXPIRED;

    LockTurn(LockQueue queue, Claims claims, Deque<LockRequest> requests) {
        this.queue = queue;
        this.scope = queue.scope();
        this.series = new HoldSeries(queue.kernel());
        this.claims = claims;
        this.waiting = requests;
        this.turn = new Turn(scope.client().sessions(), queue.strand(), scope.directory(), this);
        requests.forEach(request -> request.turn = this);
    }

    void enter() {
        turn.enter();
    }

    Claims claims() {
        return claims;
    }

    /** Orders the places as the store does; the greatest number if the place is not known to be there. */
    long position() {
        long createRevision = turn.incarnation();
        return createRevision == 0 ? Long.MAX_VALUE : createRevision;
    }

    /** Whether somebody waits or holds here. */
    boolean isWanted() {
        return !left;
    }

    private boolean isTry() {
        LockRequest first = waiting.peek();
        return first != null && first.isOnlyIfFree();
    }

    /** Whether another request for these claims may share the place; {@code held}: only if it is granted already. */
    boolean isJoinable(Claims wanted, boolean held) {
        if (left || !claims.equals(wanted)) {
            return false;
        }
        if (series.session() != null) {
            return series.mayGoOn();
        }
        return !held && !isTry() && (!claims.isShared() || waiting.size() < FencingToken.SERIES);
    }

    boolean isWaitingFor(Claims wanted) {
        return !left && series.session() == null && claims.equals(wanted) && !isTry();
    }

    void join(LockRequest request) {
        request.turn = this;
        waiting.add(request);
        Session under = series.session();
        if (under != null) {
            serve(under);
        }
    }

    void joinFirst(Deque<LockRequest> others) {
        for (LockRequest last = others.pollLast(); last != null; last = others.pollLast()) {
            last.turn = this;
            waiting.addFirst(last);
        }
    }

    @Nullable
    BackendException failure() {
        return turn.failure();
    }

    /** Whether a request that waits here is known to wait for other requests. */
    boolean isBehindOthers(boolean inReach) {
        return !holds.isEmpty() || (turn.isWaiting() && inReach);
    }

    @Override
    public String lines() {
        return claims.lines();
    }

    @Override
    public boolean blocks(Entry ahead) {
        return claims.conflictsWith(ahead);
    }

    // Step 1.
    @Override
    public void granted(Session under, long revision) {
        series.start(under, revision);
        serve(under);
        if (holds.isEmpty()) {
            leave();
        }
    }

    private void serve(Session under) {
        if (!claims.isShared()) {
            if (holds.isEmpty()) {
                give(under, waiting.poll());
            }
            return;
        }
        while (!waiting.isEmpty()) {
            give(under, waiting.poll());
        }
    }

    private void give(Session under, @Nullable LockRequest next) {
        if (next != null) {
            holds.add(queue.grant(next, this, under, series.nextToken()));
        }
    }

    // Steps 2 and 3.
    @Override
    public CompletableFuture<Void> takeBack(Hold hold) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        queue.strand().execute(() -> takeBack(hold, done));
        return queue.kernel().atMost(queue.kernel().operationTimeout(), done);
    }

    private void takeBack(Hold hold, CompletableFuture<Void> done) {
        if (!holds.remove(hold)) {
            hold.foundLost(lastLoss); // Lost at the same moment.
            done.complete(null);
            return;
        }
        Session under = series.session();
        if (!holds.isEmpty()) {
            done.complete(null);
        } else if (!waiting.isEmpty() && under != null && series.mayGoOn()) {
            serve(under);
            done.complete(null);
        } else {
            turn.whenGone(hold, done);
            if (waiting.isEmpty() || queue.moveToNext(this, claims, waiting)) {
                leave();
            } else {
                series.end();
                queue.rollsOver(this);
                turn.rollOver();
            }
        }
        queue.exit();
    }

    private void leave() {
        left = true;
        series.end();
        turn.leave();
    }

    // Step 4.
    /** Ends a hold that excludes others, and goes on with a weaker one; fails if the hold has ended. For every thread. */
    Hold downgrade(Hold hold) {
        Hold weaker = hold.handOn();
        queue.strand().execute(() -> {
            if (!holds.remove(hold)) {
                weaker.lose(lastLoss); // The right was lost between the two steps.
                return;
            }
            holds.add(weaker);
            Claims stronger = claims;
            claims = stronger.weakened();
            // The series is over, so nobody joins: the store has not let in readers of other clients yet.
            series.stop();
            queue.moveOn(this, stronger, waiting);
            turn.rewrite();
        });
        return weaker;
    }

    /** Removes a request that has ended; {@code gone} completes when the store has nothing of it. */
    void remove(LockRequest request, CompletableFuture<Void> gone) {
        boolean mine = waiting.remove(request);
        if (mine && waiting.isEmpty() && holds.isEmpty()) {
            turn.whenGone(null, gone);
            leave();
        } else {
            gone.complete(null);
        }
    }

    @Override
    public void waiting() {
        if (isTry()) {
            LockRequest alone = waiting.remove();
            CompletableFuture<Void> gone = new CompletableFuture<>();
            turn.whenGone(null, gone);
            leave();
            queue.busy(alone, gone);
        }
    }

    // Step 5.
    @Override
    public void lost(LossCause cause) {
        loseAll(cause);
        if (waiting.isEmpty()) {
            leave();
        }
    }

    private void loseAll(LossCause cause) {
        lastLoss = cause;
        series.end();
        List<Hold> all = List.copyOf(holds);
        holds.clear();
        for (Hold hold : all) {
            queue.exit();
            hold.lose(cause);
        }
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            scope.retrying("acquire", why);
        }
        if (why.permanent()) {
            queue.failAll(waiting, why);
            if (holds.isEmpty()) {
                leave();
            }
        }
    }

    void close() {
        queue.closeAll(waiting);
        loseAll(LossCause.SERENO_CLOSED);
        left = true;
        turn.close();
    }

    @Override
    public void idle() {
        if (left) {
            queue.idle(this);
        }
    }
}
