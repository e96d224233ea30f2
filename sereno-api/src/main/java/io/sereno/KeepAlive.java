package io.sereno;

import java.util.Map;
import java.util.function.Consumer;

/**
 * Keeps a member listed until it is closed. After a loss it retries for as long as it takes to list the member again,
 * as a new incarnation with the latest metadata.
 *
 * <pre>{@code
 * try (KeepAlive alive = sereno.keepAlive("service/api", "node-1", Duration.ofSeconds(30))) {
 *     alive.onState(state -> System.out.println("now " + state));
 *     serve();
 * }
 * }</pre>
 *
 * <p><b>Not guaranteed.</b> That the member is listed at every moment: after a loss it is not, and another member may
 * take its id. {@link #state()} reports this, and the member is listed again as soon as the id is free.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface KeepAlive extends AutoCloseable {
    /**
     * The id under which the member is listed.
     *
     * @return as given when it joined
     */
    String id();

    /**
     * The incarnation that is listed, or was listed last.
     *
     * @return a number that rises each time the member is listed again
     */
    long incarnation();

    /**
     * Whether the member is listed.
     *
     * @return the state as far as this client knows; reads the clock and does no I/O
     */
    State state();

    /**
     * Calls back at each change of the state from now on, in order. {@link State#CLOSED} is the last state; if the
     * whole client is closed, the calls may end without it.
     *
     * @param callback receives the new state
     * @return ends the calls when it is closed; ends by itself when this keep-alive is closed
     * @throws IllegalStateException if it is closed
     */
    Subscription onState(Consumer<State> callback);

    /**
     * Sets what others see of the member, and does not wait for the store. The new metadata replaces the old in place:
     * others see the member change, not leave. Until they see it, the client retries for as long as it takes; after a
     * loss the next listing has the new metadata. Of several updates in quick succession others may see only the last
     * (MEM-6).
     *
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @throws IllegalArgumentException if it is too large, or not well-formed Unicode without U+0000
     * @throws IllegalStateException if it is closed
     * @throws SerenoClosedException if the client is closed
     */
    void update(Map<String, String> metadata);

    /**
     * Takes the member off the list at once. Waits for the store, at most the operation timeout; if the store could not
     * be reached by then, the entry expires with the ttl. Idempotent, not interruptible.
     */
    @Override
    void close();

    /** Whether a member is listed. */
    enum State {
        /** Listed. */
        LISTED,
        /** Still listed, but renewals are not acknowledged. */
        SUSPENDED,
        /** No longer listed, and not yet listed again. */
        LOST,
        /** Closed permanently. */
        CLOSED
    }
}
