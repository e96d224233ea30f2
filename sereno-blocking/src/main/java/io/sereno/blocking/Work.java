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
     * @param connection to use, by this thread alone
     * @return the answer
     * @throws Exception judged by {@link BlockingClient#fault}; a {@link io.sereno.spi.BackendException} ends the call as
     *     it is
     */
    T on(C connection) throws Exception;
}
