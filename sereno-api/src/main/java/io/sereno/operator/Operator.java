package io.sereno.operator;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Shows what the clients of a namespace and of its children hold and await, and takes a right away from a client that
 * does not give it up.
 *
 * <pre>{@code
 * Operator operator = sereno.operator();
 * QueueView queue = operator.queue(Kind.LOCK, "close-month").orElseThrow();
 * Seat holder = queue.holders().get(0);
 * System.out.println(holder.nodeId() + " on " + holder.host() + " since " + holder.since());
 * Release release = operator.end(holder, "INC-42: hung since midnight");
 * }</pre>
 *
 * <p><b>Guarantees.</b> Each directory is read linearizably. {@link #end} never makes two clients hold at once (OPR-1). An
 * intervention changes only the seat, or only the session, that was seen (OPR-2), and nothing that is no seat (OPR-3).
 * Nothing is changed before the audit topic has the intent (OPR-4).
 *
 * <p><b>Not guaranteed.</b> That a view shows one moment: directories are read one after another, at most 32 at the same
 * time, and other clients go on meanwhile. A wait among threads of one client is not visible.
 *
 * <p><b>Blocking.</b> Each method waits for the store, and each request takes at most the operation timeout. A method that
 * reads many directories makes one request for each and for each page of a listing, and fails with the first request that
 * fails. Only {@link #waitFor} and {@link #end} wait longer; they and {@link #audit} can be interrupted.
 *
 * <p><b>Errors.</b> {@code NotAppliedException} if the store could not be asked, or refuses, for instance because the user
 * has no right; nothing was changed then. {@code OutcomeUnknownException} if an intervention may have taken effect, or may
 * still. {@code UnreadableEntryException} if an entry cannot be read. {@code SerenoClosedException} if the client is closed.
 * If an intervention fails and the audit topic did not take all of its records, the message of the exception says so. To list resources needs a store that promises
 * {@link io.sereno.spi.Promise#LISTS_DIRECTORIES}; {@link #queue}, {@link #topic}, {@link #group}, {@link #end} and {@link #endNow} need
 * no listing.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Operator {
    /** The most bytes of UTF-8 that a reason may take. */
    int MAX_REASON_BYTES = 500;

    /**
     * Lists what the namespace and its children contain. A resource whose last entry has gone may be listed for a while,
     * so a listed resource need not be in use. Kinds that this version does not know are left out.
     *
     * @param kinds which kinds; none for all
     * @return in no order, none twice; reads a page of directories when it is needed, with at most 500 resources
     */
    Stream<Resource> resources(Kind... kinds);

    /**
     * Reads all queues that have a seat.
     *
     * @param kinds kinds with {@link Kind#isQueue()}; none for all of them
     * @return in no order
     * @throws IllegalArgumentException if no client queues for one of the kinds
     */
    List<QueueView> queues(Kind... kinds);

    /**
     * Reads one queue.
     *
     * @param resource of a kind with {@link Kind#isQueue()}
     * @return empty if nobody holds or waits
     * @throws IllegalArgumentException if no client queues for this kind
     */
    Optional<QueueView> queue(Resource resource);

    /**
     * Reads one queue in the operator's own namespace.
     *
     * @param kind with {@link Kind#isQueue()}
     * @param name of the resource
     * @return empty if nobody holds or waits
     * @throws IllegalArgumentException if no client queues for this kind, or the name is invalid
     */
    default Optional<QueueView> queue(Kind kind, String name) {
        return queue(new Resource(kind, name));
    }

    /**
     * Reads the offsets of a topic and of its durable readers.
     *
     * @param resource of the kind {@link Kind#TOPIC}
     * @return empty if nothing was published since the topic was deleted, or ever
     * @throws IllegalArgumentException if the resource is no topic
     */
    Optional<TopicView> topic(Resource resource);

    /**
     * Reads the members of a group, and the client of each.
     *
     * @param resource of the kind {@link Kind#GROUP}
     * @return empty if the group has no member
     * @throws IllegalArgumentException if the resource is no group
     */
    Optional<GroupView> group(Resource resource);

    /**
     * Reads all sessions, and what each has in this namespace and its children. A session whose marker is gone, and whose
     * entries are not, is among them.
     *
     * @return in the order in which they began, by the clocks of their clients
     */
    List<SessionView> sessions();

    /**
     * Finds out who waits for whom. Reads all queues twice. A seat that both reads show unchanged existed between them, so
     * all such seats existed at one moment, and each edge between two of them was a wait at that moment. Circles are joined
     * by <em>clients</em>: the threads of a client share its seats, so the thread that holds one seat need not be the one
     * that waits in the other. A circle is therefore a suspected deadlock, not a certain one; see {@link WaitForGraph} for
     * which waits count. A client with seats under two
     * sessions, of which it has opened one after the other, counts as two.
     *
     * @param between the pause between the reads, zero to a minute; short waits disappear in it
     * @return waits and suspected deadlocks
     * @throws IllegalArgumentException if the pause is negative or longer than a minute
     * @throws InterruptedException if interrupted before the call or while pausing
     */
    WaitForGraph waitFor(Duration between) throws InterruptedException;

    /**
     * Ends the <em>session</em> of a seat, and waits until the seat is gone: the safe way to take a right away. Deletes the
     * session's marker, if it is the one that was seen. A client that runs notices at once, stops to rely on everything
     * that it holds, and gives up its seats. The seat of a client that is stopped or cut off stays for as long as that
     * client could rely on it, at most the session's ttl plus the store's lateness. So no two clients rely on the right
     * at once. Everything else that the session has is lost with it. {@link #sessions()} shows what of that is in this
     * namespace and its children. The client of a seat in a child namespace may have more outside of it, so ask the operator
     * of the client's own namespace. A client that runs opens another session.
     *
     * <p>Waits for the end of the session's lease, as its ttl and the store's lateness say: at most two minutes, and besides
     * that for the requests before and for the audit. If the call is interrupted meanwhile, the intervention goes on; if the
     * thread was interrupted before the call, nothing is done.
     *
     * @param seat as it was read
     * @param reason for the audit, not blank; at most {@value #MAX_REASON_BYTES} bytes of UTF-8
     * @return what became of the seat
     * @throws IllegalArgumentException if the seat is not in a queue, or foreign, or the reason is not accepted; nothing
     *     is sent
     * @throws InterruptedException if interrupted while waiting
     */
    Release end(Seat seat, String reason) throws InterruptedException;

    /**
     * Deletes the seat itself, if it is the one that was seen. The next client in the queue is granted at once, and the
     * former goes on until it notices: up to a third of its session's ttl if it reaches the store, up to the whole ttl if it
     * is cut off, and longer if its process is stopped. <b>Two clients may rely on the right at the same time</b>, and only
     * the check of fencing tokens at the resource protects it then. Use
     * {@link #end}, unless waiting is worse, or the seat is foreign. The session and everything else under it stay.
     *
     * @param seat as it was read
     * @param reason as for {@link #end}
     * @return what became of the seat; never {@link Release.Result#PENDING}
     * @throws IllegalArgumentException if the seat is not in a queue, or the reason is not accepted; nothing is sent
     */
    Release endNow(Seat seat, String reason);

    /**
     * Reads what operators did in the whole namespace of this client, the oldest first. Entries that retention removes meanwhile are left out.
     *
     * @param most how many of the latest entries to read, 1 to 10,000
     * @return perhaps fewer
     * @throws IllegalArgumentException if the number is not accepted
     * @throws InterruptedException if interrupted while reading
     */
    List<AuditEntry> audit(int most) throws InterruptedException;
}
