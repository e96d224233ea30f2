package io.sereno;

import java.util.Map;
import java.util.function.Consumer;

/**
 * Keeps a member listed until it is closed. After a loss it lists the member again, as a new incarnation with the
 * latest metadata, for as long as it takes.
 *
 * <pre>{@code
 * try (KeepAlive alive = sereno.keepAlive("service/api", "node-1", Duration.ofSeconds(30))) {
 *     alive.onState(state -> System.out.println("now " + state));
 *     serve();
 * }
 * }</pre>
 *
 * <p><b>Not guaranteed.</b> That the member is listed at every moment: after a loss it is not, and another may take its
 * id. {@link #state()} says so, and the listing goes on as soon as the id is free.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface KeepAlive extends AutoCloseable {
    /**
     * Under what the member is listed.
     *
     * @return as given when it joined
     */
    String id();

    /**
     * Which incarnation is listed, or was last.
     *
     * @return rises each time that the member is listed anew
     */
    long incarnation();

    /**
     * Whether the member is listed.
     *
     * @return as far as this client knows; reads the clock and asks nobody
     */
    State state();

    /**
     * Calls back at each change of the state from now on, in order. {@link State#CLOSED} is the last; when the whole
     * client is closed, the calls may end without it.
     *
     * @param callback hears the new state
     * @return ends the calls when it is closed; ends by itself when the member is
     * @throws IllegalStateException if it is closed
     */
    Subscription onState(Consumer<State> callback);

    /**
     * Replaces what others see of the member, in place: they see it change, not leave. Waits for the store, at most the
     * operation timeout; not interruptible. Whatever the outcome, the next listing shows the new.
     *
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @throws IllegalArgumentException if it is too large
     * @throws IllegalStateException if it is closed
     * @throws NotAppliedException if others do not see it yet
     * @throws OutcomeUnknownException if others may see it, and this could not be found out in time
     */
    void update(Map<String, String> metadata);

    /**
     * Takes the member off the list at once. Waits for the store, at most the operation timeout; what could not be told
     * by then goes with the ttl. Idempotent, not interruptible.
     */
    @Override
    void close();

    /** Whether a member is listed. */
    enum State {
        /** Listed. */
        LISTED,
        /** Listed still, but renewals are not acknowledged. */
        SUSPENDED,
        /** Not listed any more, and not yet again. */
        LOST,
        /** Closed for good. */
        CLOSED
    }
}
