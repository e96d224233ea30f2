package io.sereno.recipes.locks;

import io.sereno.recipes.client.RightRequest;
import org.jspecify.annotations.Nullable;

/** One caller's request for what it claims. Its fields belong to the strand. */
final class LockRequest extends RightRequest {
    final Claims claims;

    /** The place in which it waits or holds; null before there is one. */
    @Nullable
    LockTurn turn;

    LockRequest(LockQueue queue, String operation, Claims claims, boolean onlyIfFree, boolean limited) {
        super(queue, operation, onlyIfFree, limited);
        this.claims = claims;
    }
}
