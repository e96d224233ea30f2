package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * A semaphore between processes, and between the threads of one: a limited number of permits, of which a caller takes one or several at once.
 *
 * <pre>{@code
 * PermitPool uploads = sereno.permitPool("uploads", 5);
 * try (Permit permit = uploads.acquire()) {
 *     upload(permit::isHeld); // in at most five processes and threads at the same time
 * }
 * }</pre>
 *
 * <p>The limit is stored: the first caller that needs it stores the one that it gave to {@link Sereno#permitPool}. From then on the stored limit holds for
 * all, whatever they give, and only {@link #setLimit} changes it.
 *
 * <p><b>Guarantees.</b> The permits that clients believe to hold never exceed the limit, unless the limit was lowered while they were held. After
 * {@link #setLimit} has returned, new requests, and those that are known to wait, are granted within the new limit only; a lower limit revokes nothing
 * (SEM-1). Clients are served in the order of their entries in the store, also those that ask for many permits, so nobody starves (SEM-2). Permits come
 * back once: when they are released, or when they are lost; those of a process that dies come back after its session ttl plus the store's lateness
 * (SEM-3). The first that waits notices a higher limit at once, and each following one when the one in front was granted; a request for more permits
 * than the limit fails and does not block others (SEM-4). A waiter that gives up leaves nothing behind.
 *
 * <p>Callers of one client wait in the order of their calls, and only the first of them has an entry in the store. So a client with many callers is
 * served as often as one with few, and a client gets the permits of its callers one after another, each with a round trip to the store, even while many
 * are free. If callers of the same client wait, {@link #tryAcquire} is empty, also for more permits than the limit.
 *
 * <p><b>Not guaranteed.</b> An order between calls of one client that are under way at the same time. No permit outlasts the session: see {@link Right}.
 *
 * <p>A caller that holds permits and waits for more may wait for itself, and two such callers for each other: ask for all that is needed at once.
 *
 * <p>Each caller that comes reads the entries of all that hold and wait, so a pool is meant for some hundreds of them.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface PermitPool {
    /**
     * The name of the pool.
     *
     * @return as given to {@link Sereno#permitPool}
     */
    String name();

    /**
     * Waits for one permit, as {@link #acquire(int)} does.
     *
     * @return a held permit, to be closed
     * @throws IllegalStateException if the limit is 0
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    default Permit acquire() throws InterruptedException {
        return acquire(1);
    }

    /**
     * Waits for several permits at once for as long as it takes, through outages and losses of the session. After such a loss it waits at the tail of the
     * queue.
     *
     * @param weight how many permits, 1 or more
     * @return held permits, to be closed together
     * @throws IllegalArgumentException if the weight is below 1
     * @throws IllegalStateException if the weight is above the limit, or the limit is lowered below it before the request is granted
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Permit acquire(int weight) throws InterruptedException;

    /**
     * Takes one permit if it is free, as {@link #tryAcquire(int)} does.
     *
     * @return a held permit, to be closed; or empty if none is free, or somebody waits for permits
     * @throws IllegalStateException if the limit is 0
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    default Optional<Permit> tryAcquire() {
        return tryAcquire(1);
    }

    /**
     * Takes several permits if they are free, and nobody waits for permits. Does not wait for others, only for the store, at most the operation timeout;
     * not interruptible. May be empty although permits are free: if an entry in front is about to disappear.
     *
     * @param weight how many permits, 1 or more
     * @return held permits, to be closed together; or empty if they are not free, or somebody waits for permits
     * @throws IllegalArgumentException if the weight is below 1
     * @throws IllegalStateException if the weight is above the limit
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<Permit> tryAcquire(int weight);

    /**
     * Waits for one permit for some time, as {@link #tryAcquire(int, Duration)} does.
     *
     * @param timeout zero or more; zero is {@link #tryAcquire()}
     * @return a held permit, to be closed; or empty if it was not granted in time
     * @throws IllegalArgumentException if the timeout is negative
     * @throws IllegalStateException if the limit is 0
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    default Optional<Permit> tryAcquire(Duration timeout) throws InterruptedException {
        return tryAcquire(1, timeout);
    }

    /**
     * Waits for several permits at once for some time, with one deadline for the whole call. After the deadline the call takes up to 200 ms more to remove
     * its entry from the store. A request that is still in flight then is withdrawn in the background: it can no longer be granted.
     *
     * @param weight how many permits, 1 or more
     * @param timeout zero or more; zero is {@link #tryAcquire(int)}
     * @return held permits, to be closed together; or empty if they were not granted in time, because they were not free until the end, or because the store
     *     answers, but was too slow to say who is in front
     * @throws IllegalArgumentException if the weight is below 1, or the timeout is negative
     * @throws IllegalStateException if the weight is above the limit, or the limit is lowered below it before the request is granted
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Permit> tryAcquire(int weight, Duration timeout) throws InterruptedException;

    /**
     * Reads the limit from the store. Waits at most the operation timeout; not interruptible.
     *
     * @return the stored limit; or the one given to {@link Sereno#permitPool} if none is stored
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    int limit();

    /**
     * Stores another limit, for all clients. A higher limit lets in those that wait. A lower one revokes nothing: permits beyond it come back when they
     * are released. Waits at most the operation timeout; not interruptible.
     *
     * @param limit 0 or more; with 0, every request fails
     * @throws IllegalArgumentException if the limit is negative
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws NotAppliedException if nothing was changed
     * @throws OutcomeUnknownException if the limit may have been stored, or may still be
     * @throws SerenoClosedException if the client is closed
     */
    void setLimit(int limit);

    /**
     * Reads who has permits and who waits, for display. The answer may be outdated when it is read. Waits at most the operation timeout; not
     * interruptible.
     *
     * @return the holders and waiters, entry by entry, each with its weight; all are of {@link LockView.Kind#SHARED}
     * @throws UnreadableEntryException if the stored limit cannot be read
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    LockView inspect();
}
