package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The client library and its connections. A connection that is given up is aborted once, in a thread of its own, and is
 * closed after that: closing may return it to a pool, and an abort that came later would hit its next owner.
 */
final class Connections<C> {
    static final System.Logger LOG = System.getLogger(BlockingCalls.class.getName());

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final BlockingClient<C> client;
    private final TimeSource time;
    private final Threads threads;
    /** From the abort until the close, by identity. Guarded by itself. */
    private final IdentityHashMap<C, Abort> aborts = new IdentityHashMap<>();

    private final Set<Thread> aborting = ConcurrentHashMap.newKeySet();
    /** When a connection was given up last, in nanoseconds. */
    private volatile long lastAbort;

    Connections(BlockingClient<C> client, TimeSource time, Threads threads) {
        this.client = client;
        this.time = time;
        this.threads = threads;
        this.lastAbort = time.nanoTime();
    }

    Threads threads() {
        return threads;
    }

    String where() {
        try {
            return client.where();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "a client could not say where its connections lead to", e);
            return "the server";
        }
    }

    Fault fault(Throwable failure) {
        try {
            Fault fault = client.fault(failure);
            if (fault != null) {
                return fault;
            }
            LOG.log(
                    Level.WARNING,
                    "the client of " + where() + " did not judge a failure; it counts as a bug",
                    failure);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "the client of " + where() + " could not judge a failure; it counts as a bug", e);
        }
        return Fault.BROKEN;
    }

    /** Fails with a {@link BackendException} only, which is {@code NOT_APPLIED}. */
    C open(Duration limit) {
        try {
            return client.open(limit);
        } catch (Exception | Error e) {
            throw notConnected(e);
        }
    }

    BackendException notConnected(Throwable cause) {
        return cause instanceof BackendException known
                ? notApplied(known)
                : new BackendException(
                        Outcome.NOT_APPLIED,
                        fault(cause) == Fault.REFUSED_FOR_GOOD,
                        "no connection to " + where() + ": " + describe(cause),
                        cause);
    }

    /** The same failure, of something that cannot have changed anything. */
    static BackendException notApplied(BackendException failure) {
        return failure.outcome() == Outcome.NOT_APPLIED
                ? failure
                : new BackendException(Outcome.NOT_APPLIED, failure.permanent(), describe(failure), failure);
    }

    /**
     * Whether a connection can be used. A check that takes longer than the limit breaks the connection. If another connection
     * was given up after the last use of this one, the same cause may have broken both: the idle time is then
     * {@link BlockingClient#SUSPECT}.
     *
     * @param used when the connection was used last, in nanoseconds
     */
    boolean isUsable(C connection, long used, Duration limit) {
        Duration idle = used - lastAbort < 0 ? BlockingClient.SUSPECT : Duration.ofNanos(time.nanoTime() - used);
        try {
            return !isGivenUp(connection)
                    && within(connection, limit, same -> client.isUsable(same, idle))
                    && !isGivenUp(connection);
        } catch (Exception | Error e) {
            debug("a connection was lost while it was not used", e);
            return false;
        }
    }

    /** Runs a step. The connection is given up if the step takes longer than the limit, and never after the step. */
    <T> T within(C connection, Duration limit, Work<? super C, ? extends T> step) throws Exception {
        boolean[] over = {false};
        Runnable cancel = time.schedule(limit, Runnable::run, () -> {
            synchronized (over) {
                if (!over[0]) {
                    abort(connection);
                }
            }
        });
        try {
            return step.on(connection);
        } finally {
            synchronized (over) {
                over[0] = true;
            }
            cancel.run();
        }
    }

    /** By its only user, which does not use it any more. Closes it, or has it closed by the thread that is aborting it. */
    void close(C connection) {
        synchronized (aborts) {
            Abort abort = aborts.get(connection);
            if (abort != null && !abort.ended) {
                abort.released = true;
                return;
            }
            aborts.remove(connection);
        }
        closeNow(connection);
    }

    private void closeNow(C connection) {
        try {
            client.close(connection);
        } catch (Exception | Error e) {
            debug("a connection could not be closed", e);
        }
    }

    /**
     * Gives a connection up, the first time. Never after {@link #close}: who calls this makes sure by a lock that the user
     * of the connection has not finished. Returns at once: over TLS, closing a socket may wait for a write that the
     * server does not read.
     */
    void abort(C connection) {
        lastAbort = time.nanoTime();
        Abort abort = new Abort(connection);
        synchronized (aborts) {
            if (aborts.putIfAbsent(connection, abort) != null) {
                return;
            }
        }
        abort.start();
    }

    private boolean isGivenUp(C connection) {
        synchronized (aborts) {
            return aborts.containsKey(connection);
        }
    }

    private final class Abort implements Runnable {
        private final C connection;
        /** Guarded by aborts: whether it was aborted, and whether its user has finished. */
        private boolean ended;

        private boolean released;

        Abort(C connection) {
            this.connection = connection;
        }

        void start() {
            Thread thread = threads.make("abort", this);
            aborting.add(thread);
            try {
                thread.start();
            } catch (RuntimeException | Error e) {
                aborting.remove(thread);
                LOG.log(Level.WARNING, "no thread can be started to give a connection up; retried in a second", e);
                var unused = time.schedule(RETRY, Runnable::run, this::start);
            }
        }

        @Override
        public void run() {
            try {
                client.abort(connection);
            } catch (Exception | Error e) {
                debug("a connection could not be given up", e);
            }
            if (isReleased()) {
                closeNow(connection);
            }
            aborting.remove(Thread.currentThread());
        }

        private boolean isReleased() {
            synchronized (aborts) {
                ended = true;
                if (released) {
                    aborts.remove(connection);
                }
                return released;
            }
        }
    }

    /** Waits for these threads, then for those that give connections up; 1.5 s at most. */
    void join(List<Thread> users) {
        long end = Threads.endOfPatience();
        Threads.join(users, end);
        Threads.join(List.copyOf(aborting), end);
    }

    static String describe(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message.strip();
    }

    static void debug(String message, Throwable cause) {
        LOG.log(Level.DEBUG, message, cause);
    }
}
