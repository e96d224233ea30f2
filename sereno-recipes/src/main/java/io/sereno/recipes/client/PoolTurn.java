package io.sereno.recipes.client;

import io.sereno.LossCause;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The place of one request to a pool, and of the right that it becomes.
 *
 * <p>Stored: the entry of its {@link Turn}, with what the request says, and with its mark once it is granted.
 *
 * <p>Invariant: the right is held only while the turn is granted, which happens once.
 *
 * <p>All but {@link #takeBack} and {@link #failure} is confined to the strand of the queue.
 */
final class PoolTurn implements Turn.Owner, Room.Terms, Hold.Giver {
    private final PoolQueue queue;
    private final Turn turn;

    private PoolRequest request;
    private boolean hasToWait;
    private boolean granted;
    private boolean left;
    private @Nullable Hold hold;
    private LossCause lastLoss = LossCause.SESSION_EXPIRED;

    PoolTurn(PoolQueue queue, PoolRequest request) {
        this.queue = queue;
        this.request = request;
        request.turn = this;
        this.turn = new Turn(
                queue.scope().client().sessions(), queue.strand(), queue.scope().directory(), this, this);
    }

    void enter() {
        turn.enter();
    }

    /** From now on the place is for another request that is like the former one. */
    void serve(PoolRequest next) {
        next.turn = this;
        next.replaces(request);
        request = next;
        if (hasToWait()) {
            waiting();
        }
    }

    /** Whether it is known that others have to leave first. */
    boolean hasToWait() {
        return hasToWait && turn.isWaiting();
    }

    /** As above, or others in front are about to be granted. */
    boolean isBehindOthers() {
        return turn.isWaiting();
    }

    @Nullable
    BackendException failure() {
        return turn.failure();
    }

    @Override
    public Room.Answer look(List<Entry> inFront, @Nullable Entry limit) {
        hasToWait = false;
        return request.look(inFront, limit);
    }

    @Override
    public boolean isMarked(Entry place) {
        return request.isMarked(place);
    }

    @Override
    public void marked(Entry own) {
        request.marked(own);
    }

    @Override
    public String lines() {
        return request.lines(granted);
    }

    @Override
    public String markedLines() {
        return request.lines(true);
    }

    @Override
    public @Nullable Bytes firstLimit(@Nullable Entry limit) {
        return request.firstLimit(limit);
    }

    @Override
    public void refused(RuntimeException why) {
        queue.refused(this, request, why);
    }

    @Override
    public void waiting() {
        hasToWait = true;
        queue.waits(request);
    }

    @Override
    public void granted(Session under, long createRevision) {
        granted = true;
        request.entry = turn.placeName();
        hold = queue.grant(request, this, under, FencingToken.of(createRevision, 0));
        queue.granted(request);
    }

    @Override
    public CompletableFuture<Void> takeBack(Hold released) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        queue.strand().execute(() -> {
            if (released != hold) {
                released.foundLost(lastLoss); // Lost at the same moment.
                done.complete(null);
                return;
            }
            hold = null;
            turn.whenGone(released, done);
            leave();
            queue.exit();
        });
        return queue.kernel().atMost(queue.kernel().operationTimeout(), done);
    }

    /** Gives the place back; {@code gone} completes when the store has nothing of it. */
    void leave(CompletableFuture<Void> gone) {
        turn.whenGone(null, gone);
        leave();
    }

    private void leave() {
        left = true;
        turn.leave();
    }

    @Override
    public void lost(LossCause cause) {
        lose(cause);
        leave();
    }

    private void lose(LossCause cause) {
        lastLoss = cause;
        Hold lost = hold;
        hold = null;
        if (lost != null) {
            queue.exit();
            lost.lose(cause);
        }
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            queue.scope().retrying("acquire", why);
        }
        if (why.permanent() && !granted && !left) {
            queue.failed(why);
        }
    }

    void close() {
        lose(LossCause.SERENO_CLOSED);
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
