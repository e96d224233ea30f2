package io.sereno.recipes.locks;

import io.sereno.recipes.client.HeldRight;
import io.sereno.recipes.kernel.Hold;

/** A right to names, which others may overlap. */
class SharedRight extends HeldRight {
    SharedRight(Hold hold) {
        super(hold);
    }

    /** Of the kind that the request was for. */
    static SharedRight of(LockRequest request, Hold hold) {
        LockTurn turn = request.turn;
        return request.claims.isShared() || turn == null ? new SharedRight(hold) : new ExclusiveRight(hold, turn);
    }

    final Hold hold() {
        return hold;
    }
}
