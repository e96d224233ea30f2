package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * A lock between processes, and between the threads of one, that many readers or one writer hold.
 *
 * <pre>{@code
 * ReadWriteMutex books = sereno.readWriteMutex("books");
 * try (WriteGrant writing = books.acquireWrite()) {
 *     ledger.closeMonth(writing.fencingToken());
 *     try (Right reading = writing.downgrade()) { // others read again, and nobody writes
 *         while (reading.isHeld()) {
 *             serve();
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> While a client believes that it holds the lock for writing, no other client, and no other
 * caller of this client, believes that it holds the lock at all (RWL-1). Each write grant has a greater token than
 * every write grant of this name before it (RWL-2). Clients are served in the order of their entries in the store: no
 * reader passes a writer that queued before it, and no writer passes a reader, so neither starves (RWL-3). A {@link
 * WriteGrant#downgrade() downgrade} lets in the readers in front of the next writer, and no writer gets the lock in
 * between (RWL-4). A waiter that gives up leaves nothing behind. A process that dies delays others no longer than its
 * session ttl plus the store's lateness.
 *
 * <p>Callers of one client share an entry: those that read hold it together, those that write one after another. They
 * may join an entry while it waits, and for 20 ms after it was granted, for at most 1,024 holds. A caller joins no
 * entry that its own client would have to pass: not one in front of a request of this client that conflicts with it.
 *
 * <p><b>Not guaranteed.</b> An order between callers of different clients: a caller may join an entry of its client
 * that stands in front of others, and one that its entry could not serve in time goes on in another entry of its
 * client. An order between calls of one client that are under way at the same time. No right outlasts the session: see
 * {@link Right}.
 *
 * <p>Not re-entrant, and a read right cannot become a write grant: a thread that holds the lock in either way and waits
 * for writing waits for itself. A thread that reads and asks to read again may wait for itself too, if a writer has
 * queued in between. Two readers that both waited to become the writer would wait for each other for ever, so there is
 * no upgrade: release the read right, acquire for writing, and check again what was read.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface ReadWriteMutex {
    /**
     * The name of the lock.
     *
     * @return as given to {@link Sereno#readWriteMutex}
     */
    String name();

    /**
     * Waits to read for as long as it takes, through outages and losses of the session. After such a loss it waits at
     * the tail of the queue.
     *
     * @return a held right, to be closed; other readers may hold theirs at the same time
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Right acquireRead() throws InterruptedException;

    /**
     * Acquires for reading if no writer is in front. Does not wait for others, only for the store, at most the operation
     * timeout; not interruptible. May be empty although nobody writes: if an entry in front is about to disappear.
     *
     * @return a held right, to be closed; or empty if a writer is in front
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<Right> tryAcquireRead();

    /**
     * Waits to read for some time, with one deadline for the whole call. After the deadline the call takes up to 200 ms
     * more to remove its entry from the store. A request that is still in flight then is withdrawn in the background: it
     * can no longer be granted.
     *
     * @param timeout zero or more; zero is {@link #tryAcquireRead()}
     * @return a held right, to be closed; or empty if the right was not granted in time, because a writer was in front
     *     until the end, or because the store answers, but was too slow to say who is in front
     * @throws IllegalArgumentException if the timeout is negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Right> tryAcquireRead(Duration timeout) throws InterruptedException;

    /**
     * Waits to write for as long as it takes, as {@link #acquireRead()} does.
     *
     * @return a held grant, to be closed; nobody else holds the lock at the same time
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the store refuses permanently, because of missing permissions or wrong credentials
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    WriteGrant acquireWrite() throws InterruptedException;

    /**
     * Acquires for writing if nobody is in front, as {@link #tryAcquireRead()} does.
     *
     * @return a held grant, to be closed; or empty if somebody is in front
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    Optional<WriteGrant> tryAcquireWrite();

    /**
     * Waits to write for some time, as {@link #tryAcquireRead(Duration)} does.
     *
     * @param timeout zero or more; zero is {@link #tryAcquireWrite()}
     * @return a held grant, to be closed; or empty if the right was not granted in time
     * @throws IllegalArgumentException if the timeout is negative
     * @throws InterruptedException if interrupted; the request is withdrawn then, and can no longer be granted
     * @throws NotAppliedException if the time ended while the store was out of reach; or if the store refuses
     *     permanently
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<WriteGrant> tryAcquireWrite(Duration timeout) throws InterruptedException;

    /**
     * Reads who holds and who waits, for display. The answer may be outdated when it is read. Waits at most the
     * operation timeout; not interruptible.
     *
     * @return the holders and waiters, entry by entry; readers are of {@link LockView.Kind#SHARED}
     * @throws NotAppliedException if the store could not be asked
     * @throws SerenoClosedException if the client is closed
     */
    LockView inspect();
}
