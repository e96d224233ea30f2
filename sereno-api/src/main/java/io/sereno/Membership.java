package io.sereno;

import java.time.Duration;
import java.util.Map;

/**
 * A group and its members.
 *
 * <pre>{@code
 * Membership api = sereno.membership("service/api");
 * try (KeepAlive alive = api.join("node-1", Duration.ofSeconds(10))) {
 *     System.out.println(alive.id() + " is one of " + api.members().list().size());
 *     serve();
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> At most one live member has an id. Every read that begins after a member joined shows the
 * member, and no member is dropped while its renewals are acknowledged. A member that died is gone within its ttl plus
 * the store's lateness.
 *
 * <p><b>Not guaranteed.</b> That a listed member works, or that anybody but the store can reach it. A group is read as
 * a whole: its ids and metadata together have to fit into one listing of the store, which takes 1 MiB at least.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Membership {
    /**
     * The name of the group.
     *
     * @return as given to {@link Sereno#membership}
     */
    String group();

    /**
     * Joins without metadata, waiting for a dead predecessor: {@link #join(String, Duration, Map, IfPresent) join(id,
     * ttl, Map.of(), WAIT)}.
     *
     * @param id unique in the group; a name as in {@link Sereno}, which has to fit together with that of the group
     * @param ttl how long others still see it after its process died; renewed every third of the ttl
     * @return keeps the member listed until it is closed
     * @throws InterruptedException if interrupted while waiting for the entry of a predecessor to disappear; the join
     *     is withdrawn
     * @throws DuplicateMemberException if another live member has this id
     * @throws NotAppliedException if the store could not be asked; nothing is listed then
     * @throws OutcomeUnknownException if the store did not answer in time; the join is withdrawn in the background, and
     *     the member may be listed until the withdrawal is complete, or the ttl has passed
     */
    KeepAlive join(String id, Duration ttl) throws InterruptedException;

    /**
     * Joins: the member is listed when this method has returned. Waits for the store, at most the operation timeout,
     * and, with {@link IfPresent#WAIT}, for a predecessor.
     *
     * @param id unique in the group; a name as in {@link Sereno}, which has to fit together with that of the group
     * @param ttl how long others still see it after its process died, within what the store supports; renewed every
     *     third of the ttl
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @param ifPresent what to do if the id is taken
     * @return keeps the member listed until it is closed
     * @throws InterruptedException if interrupted while waiting; the join is withdrawn
     * @throws DuplicateMemberException if another live member has this id
     * @throws NotAppliedException if the store could not be asked; nothing is listed then
     * @throws OutcomeUnknownException if the store did not answer in time; the join is withdrawn in the background, and
     *     the member may be listed until the withdrawal is complete, or the ttl has passed
     * @throws IllegalArgumentException if the store does not support this ttl, or the metadata is too large
     */
    KeepAlive join(String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent)
            throws InterruptedException;

    /**
     * Reads the members. Waits for the store, at most the operation timeout; not interruptible.
     *
     * @return all members, by id
     * @throws NotAppliedException if the store could not be asked
     */
    Members members();

    /**
     * Calls back for every present member, then for every member that joins, changes its metadata, or leaves. A slow
     * listener delays no other; it then gets the differences from the members that it knows.
     *
     * @param listener receives one event at a time
     * @return ends the calls when it is closed
     */
    Subscription onChange(MembershipListener listener);

    /** What to do if the id is taken. */
    enum IfPresent {
        /**
         * Wait, as long as the entry of a dead predecessor can last (the longer of its ttl and this one, plus the
         * store's lateness), so that a process that restarts quickly gets its id back; then
         * {@link DuplicateMemberException}.
         */
        WAIT,
        /** {@link DuplicateMemberException} at once. */
        FAIL,
        /**
         * Remove the other member and take its place. These are two steps, so others may see it leave before this
         * member joins, and a third member may join in between: {@link DuplicateMemberException} then. The removed
         * member is notified, and waits for the id to be free again; if it is listed again in between, it is removed
         * again.
         *
         * <p>The new owner says {@link KeepAlive.State#LISTED} only when the former owner's entry is gone from the
         * store. The former owner learns of this a moment later: at once if its watch notifies it, after one and a
         * quarter of its ttl at the latest while the store is reachable, and otherwise at the local deadline of its
         * session. Until then it still says that it is listed.
         */
        TAKE_OVER
    }
}
