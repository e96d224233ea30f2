package io.sereno.blocking;

import io.sereno.spi.BackendConfig;
import java.time.Duration;

/**
 * What a client library can do, for {@link BlockingCalls}. Its methods may block, except {@link #fault} and
 * {@link #where}. Several threads call them, but each connection is used by one thread at a time, except for
 * {@link #abort}. Whatever a method throws, an {@link Error} too, ends no thread.
 *
 * @param <C> a connection of the client library
 */
public interface BlockingClient<C> {
    /** A hundred years: how long a connection counts as idle if another one was given up since it was used. */
    Duration SUSPECT = Duration.ofDays(36_500);

    /**
     * Opens a connection that is ready for requests, or takes one from a pool.
     *
     * @param limit how long each step that waits for the network may take, such as connecting and logging in: the connect
     *     timeout for the first connection, 3 s at most for others. Nothing else ends this method, so it has to give up by
     *     itself
     * @return a connection
     * @throws Exception if there is none. A {@link io.sereno.spi.BackendException} is passed on, as
     *     {@code NOT_APPLIED}; of any other, {@link #fault} says whether it is {@link Fault#REFUSED_FOR_GOOD}. A failure
     *     that is not permanent is retried until the deadlines of the calls that wait. A permanent one ends these calls,
     *     unless another connection works
     */
    C open(Duration limit) throws Exception;

    /**
     * Closes a connection, or returns it to its pool. Called once for each: by its user, or after {@link #abort} if it is
     * given up. Nothing else ends this method, so it has to give up by itself: to abort a connection on its way to a pool
     * could hit its next owner. A pool that talks to the server when it takes a connection back needs a limit for that,
     * such as a timeout of the socket. While this method lasts, its thread runs no other call.
     *
     * @param connection that no request uses
     * @throws Exception logged only
     */
    void close(C connection) throws Exception;

    /**
     * Breaks a connection, so that the thread that waits for its answer gets an exception soon: closing the socket does
     * that, an interrupt usually does not. Called once at most, in a thread of its own, while another thread may use the
     * connection, but not while that closes it: {@link #close} follows when this method has returned and the user has
     * finished.
     *
     * @param connection to break
     * @throws Exception logged only
     */
    void abort(C connection) throws Exception;

    /**
     * Whether a connection can be used for the next request. Called before each request. A write over a connection that
     * the server has closed meanwhile would end {@code UNKNOWN}, so this method should detect that if it can, at the
     * latest after some idle time. The connection is given up if this takes longer than a second, or than the connect
     * timeout if that is shorter.
     *
     * @param connection that was opened, or has answered its last request
     * @param idle for how long no request has used it; {@link #SUSPECT} if another connection was given up since. The same
     *     cause may have broken both, and a request over a broken connection is lost, or ends by its deadline
     * @return false to close it and to open another one; true unless overridden
     * @throws Exception counts as false
     */
    default boolean isUsable(C connection, Duration idle) throws Exception {
        return true;
    }

    /**
     * Judges an exception. This method decides whether the outcomes of commits are honest; keep it in one place, and test
     * it. It is not asked about a {@link io.sereno.spi.BackendException}, see {@link Work#on}. Must not block.
     *
     * @param failure of {@link #open} or of the work of a call
     * @return not null; {@link Fault#LOST} for a checked exception and {@link Fault#BROKEN} for others, unless overridden
     */
    default Fault fault(Throwable failure) {
        return failure instanceof RuntimeException || failure instanceof Error ? Fault.BROKEN : Fault.LOST;
    }

    /**
     * Where connections lead to, for messages. Must not block.
     *
     * @return such as {@code PostgreSQL at db1:5432}, with the addresses of {@link BackendConfig#endpoints()} and without
     *     a password
     */
    String where();
}
