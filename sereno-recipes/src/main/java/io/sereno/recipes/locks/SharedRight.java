package io.sereno.recipes.locks;

import io.sereno.LossCause;
import io.sereno.Right;
import io.sereno.recipes.kernel.Hold;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A hold that others may overlap: without the token, which would not order it. */
class SharedRight implements Right {
    final Hold hold;

    SharedRight(Hold hold) {
        this.hold = hold;
    }

    /** Of the kind that the request was for. */
    static SharedRight of(LockRequest request, Hold hold) {
        LockTurn turn = request.turn;
        return request.claims.isShared() || turn == null ? new SharedRight(hold) : new ExclusiveRight(hold, turn);
    }

    @Override
    public final boolean isHeld() {
        return hold.isHeld();
    }

    @Override
    public final Duration remaining() {
        return hold.remaining();
    }

    @Override
    public final CompletionStage<LossCause> lost() {
        return hold.lost();
    }

    @Override
    public final void release() {
        hold.release();
    }

    @Override
    public final void close() {
        hold.close();
    }
}
