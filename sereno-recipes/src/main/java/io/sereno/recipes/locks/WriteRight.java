package io.sereno.recipes.locks;

import io.sereno.Right;
import io.sereno.WriteGrant;

/** The right to write of a lock with readers, which its user may weaken. */
final class WriteRight extends ExclusiveRight implements WriteGrant {
    private WriteRight(ExclusiveRight granted) {
        super(granted);
    }

    static WriteRight of(SharedRight granted) {
        return new WriteRight((ExclusiveRight) granted);
    }

    @Override
    public Right downgrade() {
        return weaken();
    }
}
