package io.sereno.shedlock;

import static java.util.Objects.requireNonNull;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Names;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import net.javacrumbs.shedlock.core.ExtensibleLockProvider;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.support.LockException;

/**
 * Gives ShedLock the locks of a store of Sereno. Make one for each process, and close it when the process stops.
 *
 * <pre>{@code
 * @Bean
 * SerenoLockProvider lockProvider() {
 *     return SerenoLockProvider.connect(Sereno.builder().uri("etcd://10.0.0.7:2379/billing"));
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b>
 *
 * <ul>
 *   <li>One process at a time has the lock, as its client sees it: it is a {@link io.sereno.Mutex}, which the session
 *       renews for as long as the process lives. If the process dies, the lock is free after the session ttl plus the
 *       store's lateness, whatever {@code lockAtMostFor} is. So {@code lockAtMostFor} may be long.
 *   <li>{@code lockAtLeastFor} counts from the moment at which the lock was acquired, by this process's monotonic clock
 *       and by the clock of the store. It holds although the task has ended, this provider was closed, the session was
 *       lost or the process has died: an entry of the store, under a lease of its own, keeps the lock.
 * </ul>
 *
 * <p><b>Not guaranteed.</b>
 *
 * <ul>
 *   <li>That a task which runs for longer than {@code lockAtMostFor} runs alone: the lock is released then, as ShedLock
 *       demands, and a warning is logged.
 *   <li>That a task ends when its lock is lost, for instance because the process is cut off from the store. ShedLock has
 *       no way to tell the task. A warning is logged when the task ends, and the observers of the client are told at
 *       once.
 *   <li>That {@code lockAtLeastFor} ends on time after the provider was closed or the process has died: it ends by up
 *       to the declared lateness of the store later, and after a restart of the store by up to one
 *       {@code lockAtLeastFor} later.
 *   <li>On ZooKeeper, that {@code lockAtLeastFor} outlives {@link #close()}: ZooKeeper ends leases with the connection
 *       that granted them. It does outlive a process that dies, by up to one {@code lockAtLeastFor} more.
 * </ul>
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class SerenoLockProvider implements ExtensibleLockProvider, AutoCloseable {
    /** Everything is in a child namespace, so that names of tasks meet no other mutexes. */
    private static final String NAMESPACE = "shedlock";

    private final Sereno client;
    private final Sereno locks;
    private final Guarantees guarantees;
    private final Keepers keepers;
    private final TimeSource time;
    private final Executor executor;

    /** The latest hold of each name, so that an attempt in this process ends a hold that is over and waits for no timer. */
    private final Map<String, Hold> holds = new ConcurrentHashMap<>();

    /** Set before the holds are told, so that one that begins meanwhile is told or sees it. */
    private volatile boolean closed;

    /** For tests, in their time. */
    SerenoLockProvider(Sereno client, Backend backend, TimeSource time, Executor executor) {
        this.client = client;
        this.locks = client.withNamespace(NAMESPACE);
        this.guarantees = backend.guarantees();
        this.keepers = new Keepers(backend, "@" + NAMESPACE + "/", client.nodeId(), time);
        this.time = time;
        this.executor = executor;
    }

    /**
     * Connects to the store that the builder names. Blocks as {@link Sereno.Builder#connect()} does.
     *
     * @param builder with a URI, or with the default address; without {@link Sereno.Builder#backend}, for which there is
     *     {@link #over}, and without another {@linkplain Sereno.Builder#timeSource clock}. Use it for this call only
     * @return a provider with a client of its own, which {@link #sereno()} returns; to be closed
     * @throws io.sereno.SerenoConfigurationException as {@link Sereno.Builder#connect()} does
     * @throws io.sereno.NotAppliedException as {@link Sereno.Builder#connect()} does
     */
    public static SerenoLockProvider connect(Sereno.Builder builder) {
        AtomicReference<Backend> opened = new AtomicReference<>();
        Sereno client = builder.wrap(backend -> {
                    opened.set(backend);
                    return backend;
                })
                .connect();
        return new SerenoLockProvider(client, requireNonNull(opened.get()), SystemTimers.TIME, SystemTimers.THREADS);
    }

    /**
     * Makes a provider over a backend that is already open.
     *
     * @param backend stays open when the provider is closed
     * @return a provider with a client of its own, which {@link #sereno()} returns; to be closed
     * @throws io.sereno.SerenoConfigurationException as {@link Sereno#over} does
     */
    public static SerenoLockProvider over(Backend backend) {
        return new SerenoLockProvider(Sereno.over(backend), backend, SystemTimers.TIME, SystemTimers.THREADS);
    }

    /**
     * The client whose session keeps the locks. The application may use it for everything else, so that it needs no
     * second session.
     *
     * @return the client; {@link #close()} of this provider closes it
     */
    public Sereno sereno() {
        return client;
    }

    /**
     * Takes the lock if nobody holds it, and if no {@code lockAtLeastFor} keeps it. Does not wait for others. Waits for
     * the store, for each request at most the operation timeout; not interruptible.
     *
     * @param configuration {@code lockAtLeastFor} may be as long as the store keeps the entry of a process that has
     *     died, {@link Guarantees#greatestTtl()}: a year on etcd and Redis; with ZooKeeper's usual settings 40 s on one
     *     server and 38.75 s on an ensemble. On ZooKeeper a process can have 15 locks at a time whose
     *     {@code lockAtLeastFor} is not over, since a client has 16 leases and its session is one; to extend a lock takes
     *     another one for a moment
     * @return a held lock; or empty if the task is not to run now, because another process has the lock, or because it
     *     was lost or this provider closed before the task could begin
     * @throws IllegalArgumentException if {@code lockAtLeastFor} is longer than that, or the name takes more than
     *     {@value Sereno#MAX_NAME_BYTES} bytes of UTF-8; nothing was sent
     * @throws io.sereno.NotAppliedException if the store could not be asked for the lock
     * @throws LockException if {@code lockAtLeastFor} could not be looked up or stored; the lock was given back
     * @throws io.sereno.SerenoClosedException if this provider is closed
     */
    @Override
    public Optional<SimpleLock> lock(LockConfiguration configuration) {
        String name = configuration.getName();
        Duration atLeast = checked(name, configuration.getLockAtLeastFor());
        Hold before = holds.get(name);
        if (before != null) {
            before.endIfDue();
        }
        Optional<Grant> attempt = locks.mutex(name).tryAcquire();
        if (attempt.isEmpty()) {
            return Optional.empty();
        }
        Grant grant = attempt.get();
        boolean begun = false;
        try {
            Hold hold = new Hold(this, name, grant);
            begun = !keepers.isKept(name) && hold.begin(configuration.getLockAtMostFor(), atLeast);
            return begun ? Optional.of(new HeldLock(configuration, hold)) : Optional.empty();
        } finally {
            if (!begun) {
                grant.close();
            }
        }
    }

    /** A lockAtLeastFor that the store can keep. */
    Duration checked(String name, Duration atLeast) {
        if (atLeast.compareTo(guarantees.greatestTtl()) > 0) {
            throw new IllegalArgumentException(
                    "lockAtLeastFor of lock '" + Names.printable(name) + "' is " + atLeast + "; at most "
                            + guarantees.greatestTtl() + " is accepted: " + guarantees.backend()
                            + " keeps the entry of a process that has died no longer");
        }
        return atLeast;
    }

    Keepers keepers() {
        return keepers;
    }

    TimeSource time() {
        return time;
    }

    boolean isClosed() {
        return closed;
    }

    Executor executor() {
        return executor;
    }

    void began(Hold hold) {
        holds.put(hold.name(), hold);
    }

    void ended(Hold hold) {
        holds.remove(hold.name(), hold);
    }

    /**
     * Releases all locks and closes the client. A {@code lockAtLeastFor} that is not over lasts on in the store. Blocks
     * for 5 s at most; idempotent.
     */
    @Override
    public void close() {
        closed = true;
        holds.values().forEach(Hold::leave);
        client.close();
    }

    @Override
    public String toString() {
        return "SerenoLockProvider[" + client.nodeId() + "]";
    }
}
