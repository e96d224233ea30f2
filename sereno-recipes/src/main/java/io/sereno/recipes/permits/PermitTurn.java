package io.sereno.recipes.permits;

import io.sereno.LossCause;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The place of one request, and of the permits that it becomes.
 *
 * <p>Stored: the entry of its {@link Turn}, with the weight, and with the mark {@code held} once the permits are granted; and {@code limit}, if it is the
 * first that needs one.
 *
 * <p>Invariant: the permits are held only while the turn is granted, which happens once.
 *
 * <p>All but {@link #takeBack} and {@link #failure} is confined to the strand of the queue.
 */
final class PermitTurn implements Turn.Owner, Room.Terms, Hold.Giver {
    private final PermitQueue queue;
    private final Turn turn;

    private PermitRequest request;
    private boolean granted;
    private boolean left;
    private @Nullable Hold hold;
    private LossCause lastLoss = LossCause.SESSION_EXPIRED;

    PermitTurn(PermitQueue queue, PermitRequest request) {
        this.queue = queue;
        this.request = request;
        request.turn = this;
        this.turn = new Turn(
                queue.scope().client().sessions(), queue.strand(), queue.scope().directory(), this, this);
    }

    void enter() {
        turn.enter();
    }

    /** From now on the place is for another request of the same weight. */
    void serve(PermitRequest next) {
        next.turn = this;
        request = next;
        if (turn.isWaiting()) {
            waiting();
        }
    }

    boolean isWaiting() {
        return turn.isWaiting();
    }

    @Nullable
    BackendException failure() {
        return turn.failure();
    }

    @Override
    public int weight() {
        return request.weight;
    }

    @Override
    public long weight(Entry place) {
        return Weight.of(place).permits();
    }

    @Override
    public boolean isMarked(Entry place) {
        return Weight.of(place).held();
    }

    @Override
    public String lines() {
        return new Weight(request.weight, granted).lines();
    }

    @Override
    public String markedLines() {
        return new Weight(request.weight, true).lines();
    }

    @Override
    public OptionalInt limit(@Nullable Entry stored) {
        OptionalInt limit = Limit.of(stored);
        int most = limit.orElse(request.firstLimit);
        if (request.weight > most) {
            throw new IllegalStateException(queue.scope().about(request.operation()) + ": weight " + request.weight
                    + " is above the limit of the pool, which is " + most
                    + "; ask for fewer permits, or raise the limit with setLimit");
        }
        return limit;
    }

    @Override
    public Bytes firstLimit() {
        return Limit.FORMAT.encode(OptionalInt.of(request.firstLimit));
    }

    @Override
    public void refused(RuntimeException why) {
        queue.refused(this, request, why);
    }

    @Override
    public void waiting() {
        queue.waits(request);
    }

    @Override
    public void granted(Session under, long createRevision) {
        granted = true;
        request.id = turn.placeName();
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
