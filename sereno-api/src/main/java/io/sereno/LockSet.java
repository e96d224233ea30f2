package io.sereno;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Locks over several names of one domain at once: a caller gets all names that it asks for at one moment, or none.
 *
 * <pre>{@code
 * LockSet accounts = sereno.lockSet("accounts");
 * try (Grant grant = accounts.acquire(Set.of("alice", "bob"))) {
 *     bookings.forEach(booking -> ledger.book(booking, grant.fencingToken()));
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> While a client believes that it holds a name for writing, no other caller believes that it holds
 * that name in any way (RWL-1); callers that only read a name hold it together. All names of a request are granted at
 * one moment, or none (MLK-1). Callers that hold nothing else while they wait do not deadlock, in whatever order they
 * list their names: each entry in the store waits only for entries in front of it (MLK-2). An entry passes no entry in
 * front that conflicts with it, and passes all others (RWL-3). For each name, a grant that writes it has a greater
 * fencing token than every earlier grant that wrote it (RWL-2).
 *
 * <p>Callers of one client that ask for the same names share an entry, as those of a {@link ReadWriteMutex} do: they may
 * join it while it waits, and for 20 ms after it was granted, for at most 1,024 holds.
 *
 * <p><b>Not guaranteed.</b> An order between callers of different clients: a caller may join an entry of its client that
 * stands in front of others, and one that its entry could not serve in time goes on in another entry of its client, at
 * the tail if there is none. Freedom from deadlock for a thread that holds a grant, of this set or of another lock, and
 * waits for a further one. The tokens of grants that share no written name say nothing about each other. No right
 * outlasts the session: see {@link Right}.
 *
 * <p><b>Limits.</b> A request has 1 to {@value #MAX_NAMES} names, together at most {@value #MAX_TOTAL_BYTES} bytes as
 * they are stored: UTF-8, in which a space, a control character or a percent sign takes three bytes. All requests of a
 * domain, also those for one name, go through one queue, which every request reads at least once when it queues. So a
 * domain is for hundreds of requests at a time; divide a greater one.
 *
 * <p>Names that are locked by a {@link Mutex} or a {@link ReadWriteMutex} are others, even if they are equal. Not
 * re-entrant. Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface LockSet {
    /** The most names in one request. */
    int MAX_NAMES = 16;

    /** The most bytes that the names of one request take together, as they are stored. */
    int MAX_TOTAL_BYTES = 512;

    /**
     * The domain whose names are locked.
     *
     * @return as given to {@link Sereno#lockSet}
     */
    String domain();

    /**
     * Waits to write these names: {@link #acquire(Set, Set) acquire(write, Set.of())}.
     *
     * @param write the names to hold alone; 1 to {@value #MAX_NAMES}; copied
     * @return a held grant of all these names, to be closed
     * @throws IllegalArgumentException as {@link #acquire(Set, Set)}
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    default Grant acquire(Set<String> write) throws InterruptedException {
        return acquire(write, Set.of());
    }

    /**
     * Waits for all these names for as long as it takes, through outages and losses of the session. After such a loss it
     * waits at the tail of the queue.
     *
     * @param write the names to hold alone; at least one; copied
     * @param read the names to hold together with other readers; may be empty; copied. The fencing token must not be
     *     checked by a resource that is only read: readers overlap, so the lower token may come later
     * @return a held grant of all these names, to be closed; it is released and lost as a whole
     * @throws IllegalArgumentException if there is no name to write, there are too many names, a name is in both sets,
     *     or a name is empty, too long, or not well-formed Unicode without U+0000
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Grant acquire(Set<String> write, Set<String> read) throws InterruptedException;

    /**
     * Waits to read these names, together with other readers, as {@link #acquire(Set, Set)} does.
     *
     * @param read the names; 1 to {@value #MAX_NAMES}; copied
     * @return a held right to all these names, to be closed
     * @throws IllegalArgumentException if there is no name, or as {@link #acquire(Set, Set)}
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Right acquireRead(Set<String> read) throws InterruptedException;

    /**
     * Waits to write these names for some time: {@link #tryAcquire(Set, Set, Duration) tryAcquire(write, Set.of(),
     * timeout)}.
     *
     * @param write the names to hold alone; 1 to {@value #MAX_NAMES}; copied
     * @param timeout zero or more
     * @return a held grant, to be closed; or empty if it was not granted in time
     * @throws IllegalArgumentException as {@link #acquire(Set, Set)}, or if the timeout is negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException as {@link #tryAcquire(Set, Set, Duration)}
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    default Optional<Grant> tryAcquire(Set<String> write, Duration timeout) throws InterruptedException {
        return tryAcquire(write, Set.of(), timeout);
    }

    /**
     * Waits for all these names for some time, with one deadline for the whole call. With a timeout of zero it waits
     * only for the store, at most the operation timeout, and is not interruptible. Otherwise the call takes up to 200 ms
     * more after the deadline to remove its entry from the store. A request that is still in flight then is withdrawn
     * in the background: it can no longer be granted.
     *
     * @param write the names to hold alone; at least one; copied
     * @param read the names to hold together with other readers; may be empty; copied
     * @param timeout zero or more
     * @return a held grant, to be closed; or empty if it was not granted in time, because a conflicting request was in
     *     front until the end, or because the store answers, but was too slow to say who is in front
     * @throws IllegalArgumentException as {@link #acquire(Set, Set)}, or if the timeout is negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Grant> tryAcquire(Set<String> write, Set<String> read, Duration timeout) throws InterruptedException;

    /**
     * Waits to read these names for some time, as {@link #tryAcquire(Set, Set, Duration)} does.
     *
     * @param read the names; 1 to {@value #MAX_NAMES}; copied
     * @param timeout zero or more
     * @return a held right, to be closed; or empty if it was not granted in time
     * @throws IllegalArgumentException if there is no name, or as {@link #acquire(Set, Set)}, or if the timeout is
     *     negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException as {@link #tryAcquire(Set, Set, Duration)}
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Right> tryAcquireRead(Set<String> read, Duration timeout) throws InterruptedException;

    /**
     * Reads who holds and who waits, for display. The answer may be outdated when it is read. Waits at most the
     * operation timeout; not interruptible.
     *
     * @return the requests of all clients, those that hold and those that wait
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    View inspect();

    /**
     * Which requests held their names, and which waited, at the time of the read. For display.
     *
     * @param holders the requests that have their names, the oldest first; copied
     * @param waiters the requests that wait, the oldest first; copied
     */
    record View(List<Request> holders, List<Request> waiters) {
        /** Copies the lists. */
        public View {
            holders = List.copyOf(holders);
            waiters = List.copyOf(waiters);
        }
    }

    /**
     * The entry of one client in the queue of the domain. Callers of a client that ask for the same names may share it.
     *
     * @param place who put it, and under which name an operator finds it in the store
     * @param write the names that it holds alone, or waits for; copied
     * @param read the names that it holds together with other readers, or waits for; copied
     */
    record Request(LockView.Place place, Set<String> write, Set<String> read) {
        /** Copies the sets, and refuses null. */
        public Request {
            Objects.requireNonNull(place, "place");
            write = Set.copyOf(write);
            read = Set.copyOf(read);
        }
    }
}
