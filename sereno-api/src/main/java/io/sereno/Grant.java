package io.sereno;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A right that was given for a time: a mutex that is held, a leadership. It ends by being given back, or is lost, once
 * and for good; a right that was lost never comes back by itself.
 *
 * <pre>{@code
 * try (Grant grant = sereno.mutex("close-month").acquire()) {
 *     grant.lost().thenAccept(cause -> ledger.stop("lost: " + cause));
 *     for (Booking booking : bookings) {
 *         if (!grant.isHeld()) {
 *             break;
 *         }
 *         ledger.book(booking, grant.fencingToken());
 *     }
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> {@link #isHeld()} is false, and {@link #lost()} complete, from the local deadline of the
 * session on, with no server in reach (LCK-11a); the store keeps the right until after that. The token never changes
 * and rises from grant to grant (LCK-2a).
 *
 * <p><b>Not guaranteed.</b> That the right is still held an instant after {@code isHeld()} said so: a pause of the
 * process can fall in between. A resource that refuses tokens lower than the greatest it has seen is safe from that
 * too; nothing else is.
 *
 * <p>Not bound to a thread: any thread may use it and give it back. Instances are safe for use by multiple threads.
 */
public interface Grant extends AutoCloseable {
    /**
     * Orders this grant among all of its name: every later grant has a greater one, in whatever process. It is
     * <em>createRevision of the store's entry x 1,024 + place in the series that one client hands on locally</em>; the
     * factor is part of the stored format. Tokens of different names mean nothing to each other. They rise as far as
     * the store's revisions do, see {@link io.sereno.spi.Promise#REVISIONS_SURVIVE_FAIL_OVER}.
     *
     * @return positive; always the same, whatever became of the right
     */
    long fencingToken();

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
     * (LCK-11c). It cannot be completed by its users.
     *
     * @return completes normally, with the cause
     */
    CompletionStage<LossCause> lost();

    /**
     * Gives the right back, and says if it was lost before. Waits until the store has it, at most the operation
     * timeout; what could not be told by then is sent on in the background. Not interruptible.
     *
     * @throws GrantLostException if it was lost before: what was done under it may have met another holder
     * @throws IllegalStateException if it was given back before
     */
    void release();

    /** Gives the right back if it is still held. As {@link #release()}, but idempotent, and silent about a loss. */
    @Override
    void close();
}
