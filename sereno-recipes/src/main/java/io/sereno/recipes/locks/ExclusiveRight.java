package io.sereno.recipes.locks;

import io.sereno.Grant;
import io.sereno.recipes.kernel.Hold;

/** A hold that excludes others. Its token orders those who write the same name. */
class ExclusiveRight extends SharedRight implements Grant {
    private final LockTurn turn;

    ExclusiveRight(Hold hold, LockTurn turn) {
        super(hold);
        this.turn = turn;
    }

    /** The same right, for a copy of another kind. */
    ExclusiveRight(ExclusiveRight same) {
        this(same.hold, same.turn);
    }

    @Override
    public final long fencingToken() {
        return hold.fencingToken();
    }

    /** Ends the hold, and goes on as one that reads only. */
    final SharedRight weaken() {
        return new SharedRight(turn.downgrade(hold));
    }
}
