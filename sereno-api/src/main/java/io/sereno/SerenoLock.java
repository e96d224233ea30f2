package io.sereno;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * A {@link Mutex} as a {@link Lock}: re-entrant for the thread that holds it, with the fencing token and the signal of
 * a loss.
 *
 * <pre>{@code
 * SerenoLock lock = sereno.mutex("close-month").asLock();
 * lock.lock();
 * try {
 *     ledger.closeMonth(lock.fencingToken());
 * } finally {
 *     lock.unlock();
 * }
 * }</pre>
 *
 * <p>Unlike a {@link Grant}, it belongs to the thread that acquired it: another thread can neither use nor unlock it.
 * Acquiring it again keeps the token. All views of one name in one client are the same lock.
 *
 * <p><b>Guarantees.</b> Those of {@link Mutex} and {@link Grant}. A loss is reported at every level of the nesting:
 * {@link #unlock()} throws {@link GrantLostException}, and so does each attempt to acquire a further level, until
 * {@link #isHeldByCurrentThread()} has returned false (LCK-14).
 *
 * <p><b>Not guaranteed.</b> That the right is still held an instant after {@link #isHeldByCurrentThread()} returned
 * true: the process can be paused in between. Only a resource that refuses tokens lower than the greatest it has seen is
 * safe from that too.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface SerenoLock extends Lock {
    /**
     * The token of the right that the calling thread acquired, as {@link Grant#fencingToken()}. Does no I/O.
     *
     * @return positive; the same at all levels of the nesting, also after a loss
     * @throws IllegalMonitorStateException if the calling thread does not own the lock
     */
    long fencingToken();

    /**
     * Whether the calling thread owns the lock and the right is held now. Reads the clock and does no I/O.
     *
     * <p>After a loss it returns false, and the calling thread need not unlock: its next attempt to acquire leaves all
     * levels and begins anew; the outer levels then no longer report the loss. If it does unlock instead,
     * {@link #unlock()} reports the loss. So a {@code finally} block may unlock only if this returns true.
     *
     * @return false from the local deadline on, after a loss, and if the calling thread does not own the lock
     */
    boolean isHeldByCurrentThread();

    /**
     * Completes when the right that the calling thread acquired is lost, as {@link Grant#lost()}. May be used by any
     * thread.
     *
     * @return completes normally, with the cause; never after the last {@link #unlock()}; completes off I/O threads
     * @throws IllegalMonitorStateException if the calling thread does not own the lock
     */
    CompletionStage<LossCause> lost();

    /**
     * Waits for the right as {@link Mutex#acquireUninterruptibly()}, or adds a level if the calling thread owns it.
     *
     * @throws GrantLostException if the calling thread owns the lock and the right was lost, unless it has been told so
     *     by {@link #isHeldByCurrentThread()}
     * @throws NotAppliedException if the store refuses permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    @Override
    void lock();

    /**
     * Waits for the right as {@link Mutex#acquire()}, or adds a level if the calling thread owns it.
     *
     * @throws InterruptedException if interrupted; the request is withdrawn then
     * @throws GrantLostException if the calling thread owns the lock and the right was lost, unless it has been told so
     *     by {@link #isHeldByCurrentThread()}
     * @throws NotAppliedException if the store refuses permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    @Override
    void lockInterruptibly() throws InterruptedException;

    /**
     * Takes the right as {@link Mutex#tryAcquire()}, or adds a level if the calling thread owns it. Waits for the store,
     * at most the operation timeout; not interruptible.
     *
     * @return false if somebody is in front
     * @throws GrantLostException if the calling thread owns the lock and the right was lost, unless it has been told so
     *     by {@link #isHeldByCurrentThread()}
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    @Override
    boolean tryLock();

    /**
     * Waits for the right as {@link Mutex#tryAcquire(java.time.Duration)}, or adds a level if the calling thread owns
     * it.
     *
     * @param time zero or less does not wait for others
     * @param unit of the time
     * @return false if the right was not granted in time
     * @throws InterruptedException if interrupted; the request is withdrawn then
     * @throws GrantLostException if the calling thread owns the lock and the right was lost, unless it has been told so
     *     by {@link #isHeldByCurrentThread()}
     * @throws NotAppliedException if the time ended while the store was out of reach, or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    @Override
    boolean tryLock(long time, TimeUnit unit) throws InterruptedException;

    /**
     * Leaves one level; the last level releases the right as {@link Grant#release()}.
     *
     * @throws GrantLostException if the right was lost before; this level counts as left
     * @throws IllegalMonitorStateException if the calling thread does not own the lock
     */
    @Override
    void unlock();

    /**
     * Not supported: a mutex has no conditions.
     *
     * @return never
     * @throws UnsupportedOperationException always
     */
    @Override
    Condition newCondition();
}
