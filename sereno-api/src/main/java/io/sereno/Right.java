package io.sereno;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A right that was given for a time. It ends when it is given back, or when it is lost. Both are final: a right that was
 * lost never comes back by itself.
 *
 * <p>A right that excludes all others is a {@link Grant} and has a fencing token. Rights that several clients may hold at
 * the same time have no token.
 *
 * <p><b>Guarantees.</b> {@link #isHeld()} is false, and {@link #lost()} complete, from the local deadline of the session
 * on, with no server in reach (LCK-11a). The store keeps the right until after that.
 *
 * <p><b>Not guaranteed.</b> That the right is still held an instant after {@code isHeld()} said so: the process can be
 * paused in between.
 *
 * <p>A right is not bound to a thread: any thread may use it and give it back. Instances are safe for use by multiple
 * threads.
 */
public interface Right extends AutoCloseable {
    /**
     * Whether the right is held now. Reads the clock and asks nobody.
     *
     * @return false from the local deadline on, after a loss, and after it was given back
     */
    boolean isHeld();

    /**
     * How long it certainly stays held if nothing is heard from the store any more. Grows with each renewal.
     *
     * @return zero when it is not held
     */
    Duration remaining();

    /**
     * Hears of the loss, by the local deadline at the latest. A removal of the entry in the store, by an operator for
     * instance, is noticed at once while it is watched, and within about a third of the session's ttl at the latest as
     * long as the store is in reach (LCK-11b).
     *
     * <p>Completes off I/O threads and never waits for a callback. Never completes after the right was given back
     * (LCK-11c), not even when giving it back finds that it had been lost: {@link #release()} tells that. It cannot be
     * completed by its users.
     *
     * @return completes normally, with the cause
     */
    CompletionStage<LossCause> lost();

    /**
     * Gives the right back, and says if it was lost before. Waits until the store has it, at most the operation
     * timeout; what could not be told by then is sent on in the background (LCK-15c). A right that is handed on to
     * another caller of the same client needs no store, so nothing is waited for then. Not interruptible.
     *
     * <p>A loss is also found when the store refuses to delete the entry because the entry is gone (LCK-15a). When an
     * earlier attempt of the deletion had an unknown outcome, the refusal proves nothing, and this method returns
     * normally (LCK-15b).
     *
     * @throws GrantLostException if it was lost before: what was done under it may have met another holder
     * @throws IllegalStateException if it was given back before
     */
    void release();

    /**
     * Gives the right back if it is still held. As {@link #release()}, but idempotent, and silent about a loss, also
     * about one that only this call finds.
     */
    @Override
    void close();
}
