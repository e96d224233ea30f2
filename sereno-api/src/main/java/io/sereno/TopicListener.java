package io.sereno;

/**
 * Receives the messages of a topic, one after another, in the order of their offsets. Runs off I/O threads; a slow
 * listener delays only itself.
 *
 * @param <T> the type of the messages
 */
@FunctionalInterface
public interface TopicListener<T> {
    /**
     * Handles a message. For a durable subscription, returning acknowledges the message.
     *
     * @param message the next one
     * @throws Exception if it fails; {@link #onFailure} decides what follows
     */
    void onMessage(Message<T> message) throws Exception;

    /**
     * Called if retention took messages that this subscription had not had; the next message is then the first one
     * after the gap. Also called if the store has lost messages, perhaps including messages that this subscription had;
     * the next message is then what is published in their place ({@link Gap}). Gaps are reported to the
     * {@link SerenoObserver} and logged, whether or not this method is overridden. An exception from this method ends
     * the subscription; a durable subscription gets the gap again when it continues.
     *
     * @param gap what is missing
     */
    default void onGap(Gap gap) {}

    /**
     * Decides what follows after {@link #onMessage} threw.
     *
     * @param message the message that failed
     * @param failure what it threw
     * @return {@link Reaction#STOP} unless overridden: no message is lost silently
     */
    default Reaction onFailure(Message<T> message, Exception failure) {
        return Reaction.STOP;
    }

    /** The reaction to a failure. */
    enum Reaction {
        /** Deliver the same message again, after a pause. */
        RETRY,
        /** Continue with the next message. */
        SKIP,
        /** End the subscription; {@link Subscription#ended()} fails with what was thrown. */
        STOP
    }
}
