package io.sereno;

import java.util.concurrent.CompletionStage;

/**
 * Calls back until it is closed.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Subscription extends AutoCloseable {
    /**
     * Hears that no callback will run any more.
     *
     * @return completes normally after {@link #close()}, and fails with the cause if it ended by itself: a listener
     *     that failed, a topic that was deleted, a client that was closed ({@link SerenoClosedException})
     */
    CompletionStage<Void> ended();

    /**
     * Ends it: no callback begins after this has returned. One that is running is interrupted, and waited for, 5 s at
     * most; inside a callback this returns at once, and that one is the last. Idempotent, not interruptible.
     */
    @Override
    void close();
}
