package io.sereno;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;

/**
 * Mutual exclusion between processes, and between the threads of one; not re-entrant: a thread that holds the right and
 * acquires it again waits for itself. {@link #asLock()} is re-entrant.
 *
 * <pre>{@code
 * Mutex mutex = sereno.mutex("close-month");
 * Report report = mutex.call(grant -> ledger.closeMonth(grant.fencingToken()));
 * }</pre>
 *
 * <p><b>Guarantees.</b> One holder at a time: no two grants of a name are held, as their clients see it, at the same
 * moment (LCK-3), and a resource that checks {@link Grant#fencingToken() fencing tokens} never sees the work of two
 * holders interleaved (LCK-1). Every hold has its own token, greater than all before. The order is first come, first
 * served: between clients by their entries in the store, and within a client by the calls (LCK-5a, LCK-5b). The callers
 * of one client share an entry and pass the lock among themselves, for at most 1,024 holds and 20 ms, before the next
 * client has its turn (LCK-6). A waiter that gives up leaves nothing behind (LCK-8a). A process that dies delays others
 * no longer than its session ttl plus the store's lateness (LCK-8b).
 *
 * <p><b>Not guaranteed.</b> An order between callers of different clients: a caller uses the entry that its client
 * already has in the queue, and so may overtake callers of other clients behind that entry. No hold outlasts the
 * session: see {@link Grant}.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Mutex {
    /**
     * The name of the mutex.
     *
     * @return as given to {@link Sereno#mutex}
     */
    String name();

    /**
     * Waits for the right as long as it takes, through outages and losses of the session. After such a loss it waits at
     * the tail of the queue.
     *
     * @return a held grant, to be closed
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Grant acquire() throws InterruptedException;

    /**
     * Waits for the right as {@link #acquire()}, and an interrupt does not end the wait. The thread's interrupt flag is
     * set when the method returns or throws, if the thread was interrupted before or meanwhile.
     *
     * @return a held grant, to be closed
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Grant acquireUninterruptibly();

    /**
     * Requests the right without waiting for it. The request has its place among the calls of this client, and waits as
     * long as it takes, as {@link #acquire()} does. A client accepts at most 100,000 asynchronous calls that have not
     * ended, of all recipes together; the future of a further one has failed with {@link NotAppliedException} when the
     * method returns, and nothing is sent (REC-11). A request that was withdrawn counts until the store has nothing of it.
     *
     * <p>If the future ends in any other way than by its grant, the request is withdrawn, and can no longer be granted:
     * by {@link CompletableFuture#cancel}, by {@link CompletableFuture#orTimeout}, or because a user completed it. The
     * call that ends the future does not wait for the store; the removal goes on in the background. Dependent stages do
     * not cancel the future: cancel the future itself. A future that is dropped gets its grant all the same, and nobody
     * releases it until the session ends.
     *
     * <pre>{@code
     * CompletableFuture<Grant> request = mutex.acquireAsync();
     * request.thenAccept(grant -> {
     *     try (grant) {
     *         ledger.closeMonth(grant.fencingToken());
     *     }
     * });
     * }</pre>
     *
     * @return a held grant, to be closed; fails as {@link #acquire()} throws, also if the client is closed already;
     *     completes off I/O threads
     */
    CompletableFuture<Grant> acquireAsync();

    /**
     * Takes the right if nobody is in front. Does not wait for others, only for the store, at most the operation
     * timeout; not interruptible.
     *
     * <p>May be empty although nobody holds the right: if an entry in front is about to disappear, for instance that of
     * a process that died.
     *
     * @return a held grant, to be closed; or empty if somebody is in front
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<Grant> tryAcquire();

    /**
     * Waits for the right for some time, with one deadline for the whole call. After the deadline the call takes up to
     * 200 ms more to remove its entry from the store (REC-8). A request that is still in flight then is withdrawn in
     * the background: it can no longer be granted.
     *
     * @param timeout zero or more; zero is {@link #tryAcquire()}
     * @return a held grant, to be closed; or empty if the right was not granted in time, because others were in front
     *     until the end, or because the store answers, but was too slow to say who is in front
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach: the store has answered nothing
     *     since the call began, or the last request failed; or if the store refuses permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Grant> tryAcquire(Duration timeout) throws InterruptedException;

    /**
     * Acquires the right, runs the work in this thread, and releases the right. The loss of the right interrupts the
     * work; that interrupt is cleared from the interrupt flag afterwards.
     *
     * @param <T> what the work returns
     * @param <E> what the work throws
     * @param work what to do under the lock
     * @return what the work returned; the right was held from its beginning to its end
     * @throws E if the work throws it while the right is held
     * @throws InterruptedException if interrupted while waiting for the right
     * @throws NotAppliedException if the store refuses permanently while waiting
     * @throws GrantLostException if the right was lost before the work had ended, whatever the work returned; if the
     *     work threw, its exception is the cause
     * @throws SerenoClosedException if the client is closed while waiting
     */
    <T, E extends Exception> T call(Work<T, E> work) throws E, InterruptedException;

    /**
     * Reads who holds and who waits, for display. The answer may be outdated when it is read. Waits at most the
     * operation timeout; not interruptible.
     *
     * @return the holders and waiters, client by client
     * @throws NotAppliedException if the store could not be asked
     */
    LockView inspect();

    /**
     * The same mutex as a {@link Lock}, re-entrant for the thread that holds it. All views of this name in this client
     * share their holds. Does no I/O.
     *
     * @return a view; holds nothing by itself
     */
    SerenoLock asLock();

    /**
     * Work to do under a lock.
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
         * @throws E if the work fails
         */
        T run(Grant grant) throws E;
    }
}
