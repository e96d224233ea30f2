package io.sereno;

import java.util.concurrent.CompletionStage;

/**
 * A tracked place in a {@link WaitGroup}, held under the session of its client.
 *
 * <pre>{@code
 * try (Worker worker = sereno.waitGroup("import").join()) {
 *     load(worker.id());
 *     worker.done();
 * }
 * }</pre>
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Worker extends AutoCloseable {
    /**
     * Under what the place is listed.
     *
     * @return unique
     */
    String id();

    /**
     * Counts the place as done, once. Waits for the store, at most the operation timeout; not interruptible.
     *
     * @throws GrantLostException if the place was lost before; another may have it by now
     * @throws IllegalStateException if it was done or closed before
     * @throws NotAppliedException if nothing was changed; the call may be repeated
     * @throws OutcomeUnknownException if it may have counted, and this could not be found out in time
     */
    void done();

    /**
     * Hears of the loss of the place, as {@link Grant#lost()}.
     *
     * @return completes normally, with the cause; never after {@link #done()} or {@link #close()}
     */
    CompletionStage<LossCause> lost();

    /**
     * Gives the place up. Without {@link #done()} before, this is a worker that failed: the policy of the wait group
     * applies at once. Idempotent; waits at most the operation timeout and is not interruptible.
     */
    @Override
    void close();
}
