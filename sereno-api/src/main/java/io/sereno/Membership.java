package io.sereno;

import java.time.Duration;
import java.util.Map;

/**
 * A group, and who is in it.
 *
 * <pre>{@code
 * Membership api = sereno.membership("service/api");
 * try (KeepAlive alive = api.join("node-1", Duration.ofSeconds(10))) {
 *     System.out.println(alive.id() + " is one of " + api.members().list().size());
 *     serve();
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> At most one live member has an id. Whoever joined is seen by every look that begins afterwards,
 * and nobody is dropped while its renewals are acknowledged. Who dies is gone within its ttl and the store's lateness.
 *
 * <p><b>Not guaranteed.</b> That a member who is listed works, or is in reach of anybody but the store. A group is looked
 * at as a whole: its ids and metadata together have to fit into one listing of the store, which takes 1 MiB at least.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Membership {
    /**
     * What it is called.
     *
     * @return as given to {@link Sereno#membership}
     */
    String group();

    /**
     * Joins without metadata, waiting for a dead predecessor: {@link #join(String, Duration, Map, IfPresent) join(id,
     * ttl, Map.of(), WAIT)}.
     *
     * @param id unique in the group; a name as in {@link Sereno}, which has to fit beside that of the group
     * @param ttl how long others see it after its process died; renewed every third
     * @return listed until it is closed
     * @throws InterruptedException if interrupted while waiting for the entry of a predecessor to go; what was sent is
     *     withdrawn
     * @throws DuplicateMemberException if another live member has this id
     * @throws NotAppliedException if the store could not be asked; nothing is listed then
     * @throws OutcomeUnknownException if the store did not answer in time; what was sent is withdrawn in the background,
     *     and may be listed until that is through, or the ttl has passed
     */
    KeepAlive join(String id, Duration ttl) throws InterruptedException;

    /**
     * Joins: listed when this has returned. Waits for the store, at most the operation timeout, and, with
     * {@link IfPresent#WAIT}, for a predecessor.
     *
     * @param id unique in the group; a name as in {@link Sereno}, which has to fit beside that of the group
     * @param ttl how long others see it after its process died, within what the store gives; renewed every third
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @param ifPresent what to do if the id is taken
     * @return listed until it is closed
     * @throws InterruptedException if interrupted while waiting; what was sent is withdrawn
     * @throws DuplicateMemberException if another live member has this id
     * @throws NotAppliedException if the store could not be asked; nothing is listed then
     * @throws OutcomeUnknownException if the store did not answer in time; what was sent is withdrawn in the background,
     *     and may be listed until that is through, or the ttl has passed
     * @throws IllegalArgumentException if the store cannot give this ttl, or the metadata is too large
     */
    KeepAlive join(String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent)
            throws InterruptedException;

    /**
     * Looks who is there. Waits for the store, at most the operation timeout; not interruptible.
     *
     * @return all members, by id
     * @throws NotAppliedException if the store could not be asked
     */
    Members members();

    /**
     * Calls back for every member that is there, then for every one that joins, changes its metadata, or leaves. A
     * listener that is slow delays nobody else; it is then told what is different from what it heard last.
     *
     * @param listener hears one event at a time
     * @return ends the calls when it is closed
     */
    Subscription onChange(MembershipListener listener);

    /** What to do if the id is taken. */
    enum IfPresent {
        /**
         * Wait, as long as the entry of a dead predecessor can last (the longer of its ttl and this one, and the store's
         * lateness), for a process that restarts quickly to get its id back; then {@link DuplicateMemberException}.
         */
        WAIT,
        /** {@link DuplicateMemberException} at once. */
        FAIL,
        /**
         * Remove the other and take its place. Two steps, so others may see it leave before this one joins, and a third
         * may come in between: {@link DuplicateMemberException} then. The one that was removed is told, and waits for
         * the id to be free again.
         *
         * <p>The new owner says {@link KeepAlive.State#LISTED} only when the former's entry is gone from the store. The
         * former hears of that a moment later: at once where its watch tells it, after one and a quarter of its ttl at
         * the latest while the store is in reach, and otherwise at the local deadline of its session. Until then it
         * still says that it is listed.
         */
        TAKE_OVER
    }
}
