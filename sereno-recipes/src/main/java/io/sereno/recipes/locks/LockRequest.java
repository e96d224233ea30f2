package io.sereno.recipes.locks;

import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One caller's request: the result is a hold, or empty if conflicting requests were in front until the end. Its fields belong to the strand. */
final class LockRequest extends TimedWait<Optional<Hold>> {
    final String operation;
    final Claims claims;
    final boolean onlyIfFree;
    final long since;

    /** The place in which it waits or holds; null before there is one. */
    @Nullable
    LockTurn turn;

    @Nullable
    Hold hold;

    LockRequest(Kernel kernel, Strand strand, String operation, Claims claims, boolean onlyIfFree, long since) {
        super(kernel, strand);
        this.operation = operation;
        this.claims = claims;
        this.onlyIfFree = onlyIfFree;
        this.since = since;
    }
}
