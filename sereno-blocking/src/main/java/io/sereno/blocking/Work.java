package io.sereno.blocking;

/**
 * What one call does with a connection. It blocks until the server has answered.
 *
 * @param <C> a connection of the client library
 * @param <T> the answer
 */
@FunctionalInterface
public interface Work<C, T> {
    /**
     * Sends one request and waits for the answer. The work of a read may run again over another connection; that of a
     * write runs again only after {@link Fault#NOT_SENT}.
     *
     * <p>The next call may use the connection if this method returns, or throws what {@link BlockingClient#fault} judges
     * as {@link Fault#REFUSED}, {@link Fault#REFUSED_FOR_GOOD} or {@link Fault#UNCERTAIN}. Then this method must leave no
     * open transaction and no unread answer. Otherwise the next call would commit a change that was reported as not
     * applied, or take the answer for its own.
     *
     * @param connection to use, by this thread alone
     * @return the answer, not null
     * @throws Exception judged by {@link BlockingClient#fault}. A {@link io.sereno.spi.BackendException} ends the call as
     *     it is, a read as {@code NOT_APPLIED}. It says nothing of the connection, so that is given up
     */
    T on(C connection) throws Exception;
}
