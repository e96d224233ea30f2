package io.sereno;

/**
 * A right that excludes all others of its name: a mutex that is held, a leadership. Its fencing token shows a resource
 * which of two grants is the later one.
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
 * <p><b>Guarantees.</b> Those of {@link Right}. The token never changes and rises from grant to grant (LCK-2a).
 *
 * <p><b>Not guaranteed.</b> That the right is still held an instant after {@code isHeld()} returned true: the process
 * can be paused in between. Only a resource that refuses tokens lower than the greatest it has seen is safe from that
 * too.
 *
 * <p>Not bound to a thread: any thread may use it and release it. Instances are safe for use by multiple threads.
 */
public interface Grant extends Right {
    /**
     * Orders this grant among all grants of its name: every later grant has a greater token, in whatever process. The
     * token is <em>createRevision of the store's entry x 1,024 + place in the series that one client hands on
     * locally</em>; the factor is part of the stored format. Tokens of different names cannot be compared. Tokens rise
     * as far as the store's revisions do, see {@link io.sereno.spi.Promise#REVISIONS_SURVIVE_FAIL_OVER}.
     *
     * @return positive; always the same, also after the right has ended
     */
    long fencingToken();
}
