package io.sereno.blocking;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A thread with a connection of its own, for what the server sends by itself, or for what is done from time to time.
 * When the connection breaks, it opens another one after a pause: at once the first time, then after up to 50 ms,
 * doubling up to a second. Made by {@link BlockingCalls#listen}, and closed with it.
 *
 * <p>Instances are safe for use by multiple threads.
 *
 * @param <C> a connection of the client library
 */
public final class BlockingListener<C> {
    /** A connection that lasted so long has proved to work. */
    private static final long PROVED_NANOS = Duration.ofSeconds(1).toNanos();

    private final Connections<C> connections;
    private final TimeSource time;
    private final Duration connectTimeout;
    private final Body<C> body;
    private final Pauses pauses;
    /** Between attempts to connect. No {@link #wake} ends these. */
    private final Pauses outages;

    private final Thread thread;
    /** Guarded by this. */
    private @Nullable C current;

    /**
     * What a listener does with a connection.
     *
     * @param <C> a connection of the client library
     */
    @FunctionalInterface
    public interface Body<C> {
        /**
         * Uses one connection until it breaks or {@link BlockingListener#isClosed()}. Called again with the next one. To
         * resume what the last connection did comes first: watches are set again, and then reset (WAT-8).
         *
         * @param connection used by this thread alone; broken by the end of the backend
         * @param listener that calls this
         * @throws Exception the connection is given up
         */
        void on(C connection, BlockingListener<C> listener) throws Exception;
    }

    BlockingListener(Connections<C> connections, TimeSource time, Duration connectTimeout, Body<C> body) {
        this.connections = connections;
        this.time = time;
        this.connectTimeout = connectTimeout;
        this.body = body;
        this.pauses = new Pauses(time);
        this.outages = new Pauses(time);
        this.thread = connections.threads().make("listener", this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        Backoff backoff = new Backoff(connectTimeout);
        while (!isClosed()) {
            var unused = Thread.interrupted(); // A client library may have left it.
            try {
                outages.pause(backoff.next(Duration.ZERO));
                if (!isClosed()) {
                    use(connections.open(backoff.limit()), backoff);
                }
            } catch (Exception | Error e) {
                Connections.debug("the connection of a listener failed", e);
            }
        }
    }

    private void use(C connection, Backoff backoff) throws Exception {
        current(connection);
        long began = time.nanoTime();
        boolean kept = false;
        try {
            if (!isClosed()) {
                body.on(connection, this);
            }
            kept = true;
        } finally {
            current(null);
            if (time.nanoTime() - began >= PROVED_NANOS) {
                backoff.reset();
            }
            if (!kept) {
                connections.abort(connection);
            }
            connections.close(connection);
        }
    }

    /** While a connection is current, closing gives it up. */
    private synchronized void current(@Nullable C connection) {
        current = connection;
    }

    /** {@return whether the backend was closed} */
    public boolean isClosed() {
        return pauses.isClosed();
    }

    /**
     * Blocks the thread of the listener for this long, by the clock of the backend, or until {@link #wake} or the end.
     *
     * @param length zero or more
     */
    public void pause(Duration length) {
        pauses.pause(length);
    }

    /**
     * Ends the present {@link #pause}, or the next one if there is none now. Does not end the pauses between attempts to
     * connect. Does not block.
     */
    public void wake() {
        pauses.wake();
    }

    /** The thread ends soon. */
    Thread close() {
        pauses.close();
        outages.close();
        synchronized (this) {
            if (current != null) {
                connections.abort(current);
            }
        }
        return thread;
    }
}
