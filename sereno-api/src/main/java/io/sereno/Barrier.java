package io.sereno;

import java.time.Duration;

/**
 * A point where a fixed number of named parties wait for each other: phases of a computation, a joint start, a migration that begins when all have stopped.
 *
 * <pre>{@code
 * Barrier phase = sereno.barrier("phase", 3);
 * for (Step step : steps) {
 *     work(step);
 *     phase.await("worker-" + number); // goes on when all three have arrived
 * }
 * }</pre>
 *
 * <p>When as many parties have arrived as the barrier has, they <em>cross</em> it together, and the barrier is ready for the next crossing. A call of
 * {@link #await(String) await} is one arrival. Parties may be different ones in each crossing.
 *
 * <p><b>Guarantees.</b> All parties of a crossing get the same answer: if one call returns normally or with true, so many calls do as there are parties, or have an
 * unknown outcome; a call that returns false is in no crossing (BAR-1). Each party of a crossing was alive, which means that its session had not ended,
 * at a moment after the last one had arrived (BAR-2). Parties beyond the number wait for the next crossing, in the order of their arrivals
 * (BAR-3).
 *
 * <p><b>One call for each party.</b> A party that arrives again while its former call still waits replaces that call, which gets an {@link IllegalStateException}: a
 * process that was restarted under the same name does not count twice. A former call in another process gets the exception at the next crossing, or
 * within one and a quarter of the session ttl. If the later call gives up before that, the former one goes on waiting.
 *
 * <p><b>Failures.</b> A wait continues through outages. If the session is lost, the party arrives again under the next session, behind others. A party whose
 * process dies is removed after its session ttl plus the store's lateness; until then it counts.
 *
 * <p><b>Not guaranteed.</b> The order of two calls of one party that are under way at the same time. That a party of a crossing is still alive when
 * the others go on. The number of parties is not stored: all callers have to give the same one. More than 31 parties cross only when no party gives up
 * during about three round trips, so parties that give up many times a second delay them.
 *
 * <p>Each party that arrives reads the entries of all that wait, so a barrier is meant for up to some hundreds of parties.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Barrier {
    /** The greatest number of parties. */
    int MAX_PARTIES = 500;

    /**
     * The name of the barrier.
     *
     * @return as given to {@link Sereno#barrier}
     */
    String name();

    /**
     * How many parties cross together.
     *
     * @return as given to {@link Sereno#barrier}
     */
    int parties();

    /**
     * Arrives, and waits until all parties have arrived, for as long as it takes.
     *
     * @param party who arrives; another name for each party. At most 200 bytes of UTF-8, and not empty
     * @throws IllegalArgumentException if the name is empty, too long or not well-formed
     * @throws IllegalStateException if the party has arrived again by another call; if a party that waits has given another number of
     *     parties; or if the barrier was deleted. The call is in no crossing then; after a deletion it may be
     * @throws InterruptedException if interrupted; the party is withdrawn then, and is in no crossing. If it had crossed already, the call
     *     returns normally, and if that cannot be found out, it throws another exception; the thread's interrupt flag is set then
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials; the party has not arrived
     * @throws UnreadableEntryException if the store holds something that this version cannot read
     * @throws OutcomeUnknownException if it cannot be found out whether the party has crossed: its session has ended while the outcome of its arrival
     *     was unknown, or before two more crossings; or the store refuses permanently, or does not answer after an interrupt
     * @throws SerenoClosedException if the client is closed, also while waiting; the party may have crossed
     */
    void await(String party) throws InterruptedException;

    /**
     * Arrives, and waits for some time until all parties have arrived. When the time is up, the party is withdrawn. The call returns at the latest 200 ms
     * later (REC-8).
     *
     * @param party as for {@link #await(String)}
     * @param timeout zero or more. Zero waits for the store alone, at most the operation timeout: the call returns true if the party is the last
     *     one that was missing
     * @return true if the party has crossed; false if it has not, and will not by this call
     * @throws IllegalArgumentException if the name is empty, too long or not well-formed, or the timeout is negative
     * @throws IllegalStateException as {@link #await(String)} throws it
     * @throws InterruptedException as {@link #await(String)} throws it
     * @throws NotAppliedException if the time ended before the party had arrived, because the store was out of reach; or if the store refuses permanently
     * @throws OutcomeUnknownException as {@link #await(String)} throws it; or if the time is up, and the store does not answer whether the party
     *     has crossed. The party is withdrawn as soon as the store answers
     * @throws UnreadableEntryException as {@link #await(String)} throws it
     * @throws SerenoClosedException if the client is closed, also while waiting; the party may have crossed
     */
    boolean await(String party, Duration timeout) throws InterruptedException;

    /**
     * Reads who waits, for display. The answer may be outdated when it is read. Waits at most the operation timeout; not interruptible.
     *
     * @return the parties that wait, and the number of crossings
     * @throws NotAppliedException if the store could not be asked
     * @throws UnreadableEntryException as {@link #await(String)} throws it
     * @throws SerenoClosedException if the client is closed
     */
    BarrierView inspect();

    /**
     * Removes everything that is stored under the name. To be called when no party waits: a party that waits arrives again, unless it has crossed just before;
     * then its call gets an {@link IllegalStateException}, or waits for another crossing. Waits at most the operation timeout; not interruptible.
     *
     * @throws NotAppliedException if nothing was removed
     * @throws OutcomeUnknownException if something may have been removed; the call may be repeated
     * @throws SerenoClosedException if the client is closed
     */
    void delete();
}
