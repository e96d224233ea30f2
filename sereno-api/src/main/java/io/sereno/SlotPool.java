package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * Numbers of which each client takes one for itself: worker ids, ports, GPUs, any of a few equal things.
 *
 * <pre>{@code
 * SlotPool gpus = sereno.slotPool("gpus", 4);
 * try (Slot gpu = gpus.acquire()) {
 *     train(gpu.number(), gpu::isHeld); // on a GPU that nobody else uses
 * }
 * }</pre>
 *
 * <p>The count is not stored: it is the range from which this object takes numbers, 0 to {@code count - 1}. Clients with different counts may use one pool, for
 * instance while a deployment raises the count. A number has one holder in any case.
 *
 * <p><b>Guarantees.</b> A number has one holder at a time, in all processes and threads, and each holder of a number has a greater fencing token than
 * those before (SLT-1). Clients are served in the order of their entries in the store, and whoever is next gets a slot as soon as one of its numbers is free. A slot that
 * comes back wakes one client, however many wait (SLT-2). Slots come back once: when they are released, or when they are lost; those of a process that
 * dies come back after its session ttl plus the store's lateness (SLT-3). A slot has the preferred number if that is free at the moment of the grant,
 * else the least free one (SLT-4). A waiter that gives up leaves nothing behind.
 *
 * <p>Callers of one client wait in the order of their calls, and only the first of them has an entry in the store. So a client with many callers is
 * served as often as one with few.
 *
 * <p><b>Not guaranteed.</b> An order between calls of one client that are under way at the same time. A certain number: a preferred one is not waited for. No
 * slot outlasts the session, see {@link Right}: whoever works on under a number that was lost shares it with the next holder, unless a resource checks
 * the token. If a caller with a small count is next and none of its numbers is free, callers behind it wait too, though greater numbers are free.
 *
 * <p>A caller that holds a slot and waits for another one may wait for itself.
 *
 * <p>Each caller that comes reads the entries of all that hold and wait, so a pool is meant for some hundreds of them.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface SlotPool {
    /** The greatest count of slots. */
    int MAX_COUNT = 1_024;

    /**
     * The name of the pool.
     *
     * @return as given to {@link Sereno#slotPool}
     */
    String name();

    /**
     * How many numbers there are for the callers of this object.
     *
     * @return as given to {@link Sereno#slotPool}
     */
    int count();

    /**
     * Waits for a slot for as long as it takes, through outages and losses of the session. After such a loss it waits at the tail of the queue.
     *
     * @return a held slot with the least free number, to be closed
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Slot acquire() throws InterruptedException;

    /**
     * As {@link #acquire()}, and takes the preferred number if it is free when the slot is granted. So a process that restarts gets its former number, if
     * nobody else has taken it. Does not wait for that number.
     *
     * @param preferred 0 or more, and less than the count
     * @return a held slot with the preferred number, or with the least free one; to be closed
     * @throws IllegalArgumentException if the preferred number is out of range
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Slot acquire(int preferred) throws InterruptedException;

    /**
     * Takes a slot if one is free, and nobody waits for one. Waits for the store and for callers in front that are about to be granted, at most the
     * operation timeout; not interruptible. May be empty although a slot is free: if an entry in front is about to disappear.
     *
     * @return a held slot with the least free number, to be closed; or empty if none is free, or somebody waits for one
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<Slot> tryAcquire();

    /**
     * As {@link #tryAcquire()}, and takes the preferred number if it is free.
     *
     * @param preferred 0 or more, and less than the count
     * @return a held slot with the preferred number, or with the least free one, to be closed; or empty if none is free, or somebody waits for one
     * @throws IllegalArgumentException if the preferred number is out of range
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<Slot> tryAcquire(int preferred);

    /**
     * Waits for a slot for some time, with one deadline for the whole call. After the deadline the call takes up to 200 ms more to remove its entry from
     * the store. A request that is still in flight then is withdrawn in the background: it can no longer be granted.
     *
     * @param timeout zero or more; zero is {@link #tryAcquire()}
     * @return a held slot with the least free number, to be closed; or empty if none was granted in time, because none was free until the end, or because
     *     the store answers, but was too slow to say who is in front
     * @throws IllegalArgumentException if the timeout is negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Slot> tryAcquire(Duration timeout) throws InterruptedException;

    /**
     * As {@link #tryAcquire(Duration)}, and takes the preferred number if it is free when the slot is granted.
     *
     * @param preferred 0 or more, and less than the count
     * @param timeout zero or more; zero is {@link #tryAcquire(int)}
     * @return a held slot with the preferred number, or with the least free one, to be closed; or empty if none was granted in time
     * @throws IllegalArgumentException if the preferred number is out of range, or the timeout is negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Slot> tryAcquire(int preferred, Duration timeout) throws InterruptedException;

    /**
     * Reads who has which slot and who waits, for display. The answer may be outdated when it is read. Waits at most the operation timeout; not
     * interruptible.
     *
     * @return the holders by number, also those beyond the count of this object, and the waiters
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    SlotView inspect();
}
