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
     * The id under which the place is listed.
     *
     * @return unique
     */
    String id();

    /**
     * The number of this worker in its generation, for sharing work: the least that no worker has that holds a place or
     * is done. So the workers of {@code add(5)} have the numbers 1 to 5, in the order in which they joined (WGP-10).
     *
     * <p>If the place of a lost worker is free again ({@link WaitGroup.OnLostWorker#REOPEN}), the worker that takes it
     * gets the number of the lost one. Not guaranteed: that numbers are unique among clients of which some are of a
     * version without numbers; that a number is given again, if more than 1,000 ranges of numbers are free.
     *
     * @return 1 or more; always the same
     */
    int number();

    /**
     * Counts the place as done, once. Waits for the store, at most the operation timeout; not interruptible.
     *
     * @throws GrantLostException if the place was lost before; another worker may have it by now
     * @throws IllegalStateException if it was done or closed before
     * @throws NotAppliedException if nothing was changed; the call may be repeated
     * @throws OutcomeUnknownException if the place may have been counted, and this could not be found out in time
     */
    void done();

    /**
     * Completes when the place is lost, as {@link Grant#lost()}.
     *
     * @return completes normally, with the cause; never after {@link #done()} or {@link #close()}
     */
    CompletionStage<LossCause> lost();

    /**
     * Gives the place up. If {@link #done()} was not called before, the worker counts as failed: the policy of the wait
     * group applies at once. Idempotent; waits at most the operation timeout and is not interruptible.
     */
    @Override
    void close();
}
