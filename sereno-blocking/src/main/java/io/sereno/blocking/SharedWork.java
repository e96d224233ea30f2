package io.sereno.blocking;

import java.util.List;
import java.util.Optional;

/**
 * What several calls do with a connection in one request, such as the commits to one directory that wait at the same
 * time. Calls share a request if their works are {@linkplain Object#equals equal}, so this is usually a record.
 * They are compared under a lock: {@code equals} must be quick and must not call the backend.
 *
 * @param <C> a connection of the client library
 * @param <Q> what a call asks
 * @param <T> what it is answered
 */
@FunctionalInterface
public interface SharedWork<C, Q, T> {
    /**
     * Sends the questions in one request and waits for the answers. An exception concerns all of them.
     *
     * @param connection to use, by this thread alone
     * @param questions one for each call, in the order of the calls; at least one
     * @return an answer to each question, in the same order. One that is empty was certainly not applied: the call is
     *     sent again, alone. A question that is alone must be answered: without an answer its call fails,
     *     {@code NOT_APPLIED}
     * @throws Exception as {@link Work#on}
     */
    List<Optional<T>> on(C connection, List<Q> questions) throws Exception;
}
