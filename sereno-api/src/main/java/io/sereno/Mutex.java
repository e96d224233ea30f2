package io.sereno;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/**
 * Mutual exclusion between processes, and between the threads of one.
 *
 * <pre>{@code
 * Mutex mutex = sereno.mutex("close-month");
 * Report report = mutex.call(grant -> ledger.closeMonth(grant.fencingToken()));
 * }</pre>
 *
 * <p><b>Guarantees.</b> One holder at a time: no two grants of a name believe in themselves at the same moment (LCK-3),
 * and a resource that checks {@link Grant#fencingToken() fencing tokens} never sees two holders mixed (LCK-1). Every
 * hold has a token of its own, greater than all before. First come, first served, between clients by the entries that
 * they have in the store, and within a client by the calls (LCK-5a, LCK-5b): the callers of one client share an entry and hand
 * the lock on among themselves, for at most 1,024 holds and 20 ms, before the next client has its turn (LCK-6). A
 * waiter that gives up leaves nothing behind (LCK-8a); a process that dies holds nobody up for longer than its session
 * ttl and the store's lateness (LCK-8b).
 *
 * <p><b>Not guaranteed.</b> An order between callers of different clients: a caller goes with the entry that its client
 * already has in the queue, and so may overtake callers of other clients who stand behind that entry. And nothing holds
 * for longer than the session does: see {@link Grant}.
 *
 * <p>Not re-entrant: a thread that holds and acquires again waits for itself. {@link #asLock()} is re-entrant.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Mutex {
    /**
     * What it is called.
     *
     * @return as given to {@link Sereno#mutex}
     */
    String name();

    /**
     * Waits for the right as long as it takes, through outages and losses of the session; after such a loss at the tail
     * of the queue.
     *
     * @return held; to be closed
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses for good, for a missing right or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Grant acquire() throws InterruptedException;

    /**
     * Takes the right if nobody is in front. Does not wait for others, only for the store, at most the operation
     * timeout; not interruptible.
     *
     * <p>May be empty though nobody holds: when an entry in front is about to go, for instance that of a process that
     * died.
     *
     * @return held and to be closed; or empty: somebody is in front
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<Grant> tryAcquire();

    /**
     * Waits for the right for some time, one deadline for the whole call. When it has passed, the call takes up to 200
     * ms more to see its entry removed from the store (REC-8). A request that is still under way then is withdrawn in
     * the background: it can no longer be granted.
     *
     * @param timeout zero or more; zero is {@link #tryAcquire()}
     * @return held and to be closed; or empty: the right could not be had in time, because others were in front to the
     *     end, or because the store, which answers, was too slow to say who is
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach: it has answered nothing since the
     *     call began, or its last request failed; or if the store refuses for good
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Grant> tryAcquire(Duration timeout) throws InterruptedException;

    /**
     * Acquires, runs the work in this thread, and gives back. The loss of the right interrupts the work; the interrupt
     * flag is clear of that interrupt afterwards.
     *
     * @param <T> what the work returns
     * @param <E> what the work throws
     * @param work what to do under the lock
     * @return what the work returned, while the right was held from its beginning to its end
     * @throws E if the work throws it while the right is held
     * @throws InterruptedException if interrupted while waiting for the right
     * @throws NotAppliedException if the store refuses for good while waiting
     * @throws GrantLostException if the right was lost before the work had ended, whatever the work returned; what it
     *     threw is the cause
     * @throws SerenoClosedException if the client is closed while waiting
     */
    <T, E extends Exception> T call(Work<T, E> work) throws E, InterruptedException;

    /**
     * Looks who holds and who waits, for display. What it shows may be over when it is read. Waits at most the
     * operation timeout; not interruptible.
     *
     * @return who is there, client by client
     * @throws NotAppliedException if the store could not be asked
     */
    LockView inspect();

    /**
     * The same mutex as a {@link Lock}, re-entrant for the thread that holds it; a hold that is entered again keeps its
     * token. All views of this name in this client share their holds.
     *
     * <p>{@code lock()} waits without being interruptible. {@code unlock()} throws {@link GrantLostException} if the
     * right was lost meanwhile, and {@link IllegalMonitorStateException} if this thread does not hold it; a loss is
     * told at every level, and at each further entry. {@code newCondition()} is not supported.
     *
     * @return a view; holds nothing by itself
     */
    Lock asLock();

    /**
     * Work to be done under a lock.
     *
     * @param <T> what it returns
     * @param <E> what it throws
     */
    @FunctionalInterface
    interface Work<T, E extends Exception> {
        /**
         * Does the work.
         *
         * @param grant the right under which it is done
         * @return the result
         * @throws E as it likes
         */
        T run(Grant grant) throws E;
    }
}
