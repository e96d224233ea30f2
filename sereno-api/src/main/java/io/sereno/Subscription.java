package io.sereno;

import java.util.concurrent.CompletionStage;

/**
 * Calls back until it is closed.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Subscription extends AutoCloseable {
    /**
     * Completes when no callback will run any more. Users cannot complete it: each call returns another stage.
     *
     * @return completes normally after {@link #close()}, and fails with the cause itself if the subscription ended by
     *     itself: a listener failed, the topic was deleted, or the client was closed ({@link SerenoClosedException}).
     *     Actions attached to this stage get the cause, not a {@link java.util.concurrent.CompletionException} around
     *     it; completes off I/O threads
     */
    CompletionStage<Void> ended();

    /**
     * Ends the subscription: no callback begins after this method has returned. A running callback is interrupted, and
     * this method waits for it, 5 s at most. Inside a callback the method returns at once, and that callback is the
     * last. Idempotent, not interruptible.
     */
    @Override
    void close();
}
