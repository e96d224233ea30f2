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
     * Replaces what others see of the member, in place: they see it change, not leave. Waits for the store, at most the
     * operation timeout; not interruptible. Whatever the outcome, the next listing has the new metadata.
     *
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @throws IllegalArgumentException if it is too large
     * @throws IllegalStateException if it is closed
     * @throws NotAppliedException if others do not see it yet
     * @throws OutcomeUnknownException if others may see it, but this could not be found out in time
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
