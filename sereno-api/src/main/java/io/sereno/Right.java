package io.sereno;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A right that was granted for a time. It ends when it is released, or when it is lost. Both are final: a right that
 * was lost never comes back by itself.
 *
 * <p>A right that excludes all others is a {@link Grant} and has a fencing token. Rights that several clients may hold at
 * the same time have no token.
 *
 * <p><b>Guarantees.</b> {@link #isHeld()} is false, and {@link #lost()} complete, from the local deadline of the
 * session on, even if no server is reachable (LCK-11a). The store keeps the right until after that.
 *
 * <p><b>Not guaranteed.</b> That the right is still held an instant after {@code isHeld()} returned true: the process
 * can be paused in between.
 *
 * <p>A right is not bound to a thread: any thread may use it and release it. Instances are safe for use by multiple
 * threads.
 */
public interface Right extends AutoCloseable {
    /**
     * Whether the right is held now. Reads the clock and does no I/O.
     *
     * @return false from the local deadline on, after a loss, and after a release
     */
    boolean isHeld();

    /**
     * How long the right certainly stays held if the store answers nothing any more. Grows with each renewal.
     *
     * @return zero when it is not held
     */
    Duration remaining();

    /**
     * Completes when the right is lost, by the local deadline at the latest. If somebody removes the entry in the
     * store, for instance an operator, this is noticed at once while the entry is watched, and within about a third of
     * the session's ttl at the latest as long as the store is reachable (LCK-11b).
     *
     * <p>Completes off I/O threads and never waits for a callback. Never completes after the right was released
     * (LCK-11c), not even if the release finds that it had been lost: {@link #release()} reports that. Users cannot
     * complete it.
     *
     * @return completes normally, with the cause
     */
    CompletionStage<LossCause> lost();

    /**
     * Releases the right, and reports if it was lost before. Waits until the store has released it, at most the
     * operation timeout; a release that is not complete by then continues in the background (LCK-15c). If the right
     * passes to another caller of the same client, the store is not involved, so the call does not wait. Not
     * interruptible.
     *
     * <p>A loss is also found when the store refuses to delete the entry because the entry is gone (LCK-15a). If an
     * earlier attempt of the deletion had an unknown outcome, the refusal proves nothing, and this method returns
     * normally (LCK-15b).
     *
     * @throws GrantLostException if it was lost before: the work done under it may have overlapped with that of another
     *     holder
     * @throws IllegalStateException if it was released before
     */
    void release();

    /**
     * Releases the right if it is still held. As {@link #release()}, but idempotent, and silent about a loss, also
     * about a loss that only this call finds.
     */
    @Override
    void close();
}
