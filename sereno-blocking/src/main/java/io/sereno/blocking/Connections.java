package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The client library and its connections, and the only place where the threads of a backend are made. */
final class Connections<C> {
    static final System.Logger LOG = System.getLogger(BlockingCalls.class.getName());

    /** How long closing waits for threads: they end when their connection is given up. */
    private static final long PATIENCE_NANOS = Duration.ofMillis(1500).toNanos();

    private final String name;
    private final BlockingClient<C> client;
    private final Set<Thread> aborting = ConcurrentHashMap.newKeySet();

    Connections(String name, BlockingClient<C> client) {
        this.name = name;
        this.client = client;
    }

    String where() {
        return client.where();
    }

    Fault fault(Throwable failure) {
        try {
            return client.fault(failure);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "the client of " + name + " could not judge a failure; it counts as unknown", e);
            return Fault.BROKEN;
        }
    }

    /** Fails with a {@link BackendException} only. */
    C open(Duration limit) {
        try {
            return client.open(limit);
        } catch (Exception | Error e) {
            throw notConnected(e);
        }
    }

    BackendException notConnected(Throwable cause) {
        return cause instanceof BackendException known
                ? known
                : new BackendException(
                        Outcome.NOT_APPLIED,
                        fault(cause) == Fault.REFUSED_FOR_GOOD,
                        "no connection to " + where() + ": " + describe(cause),
                        cause);
    }

    boolean isUsable(C connection, long idleNanos) {
        try {
            return client.isUsable(connection, Duration.ofNanos(idleNanos));
        } catch (Exception e) {
            debug("a connection was lost while it was not used", e);
            return false;
        }
    }

    void close(C connection) {
        try {
            client.close(connection);
        } catch (Exception | Error e) {
            debug("a connection could not be closed", e);
        }
    }

    /** Returns at once: over TLS, closing a socket may wait for a write that the server does not read. */
    void abort(C connection) {
        Thread thread = thread("abort", () -> {
            try {
                client.abort(connection);
            } catch (Exception | Error e) {
                debug("a connection could not be given up", e);
            } finally {
                aborting.remove(Thread.currentThread());
            }
        });
        aborting.add(thread);
        thread.start();
    }

    /** Not started. */
    Thread thread(String purpose, Runnable task) {
        Thread thread = new Thread(task, "sereno-" + name + "-" + purpose);
        thread.setDaemon(true);
        return thread;
    }

    /** Waits for the threads, and for those that give connections up, but not for the one that calls this; 1.5 s at most. */
    void join(List<Thread> threads) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        try {
            for (Thread thread : threads) {
                join(thread, end);
            }
            for (Thread thread : aborting) {
                join(thread, end);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread thread, long end) throws InterruptedException {
        if (thread != Thread.currentThread()) {
            // Zero would mean for ever.
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
        }
    }

    static String describe(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message.strip();
    }

    static void debug(String message, Throwable cause) {
        LOG.log(Level.DEBUG, message, cause);
    }
}
