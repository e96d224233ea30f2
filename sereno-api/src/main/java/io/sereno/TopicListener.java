package io.sereno;

/**
 * Hears the messages of a topic, one after another, in the order of their offsets. Runs off I/O threads; a slow one is
 * slow for itself only.
 *
 * @param <T> what the messages are
 */
@FunctionalInterface
public interface TopicListener<T> {
    /**
     * Handles a message. For a durable subscription returning acknowledges it.
     *
     * @param message the next one
     * @throws Exception as it likes; {@link #onFailure} decides what follows
     */
    void onMessage(Message<T> message) throws Exception;

    /**
     * Hears that retention took messages that this subscription had not had, and the next message is the one behind the gap; or that the store
     * has lost messages, also such that this subscription had, and the next message is what is published in their place ({@link Gap}). Gaps are told to the {@link SerenoObserver} and logged, whether or not this is overridden. What this throws
     * ends the subscription; a durable one is told of the gap again when it goes on.
     *
     * @param gap what is missing
     */
    default void onGap(Gap gap) {}

    /**
     * Decides what follows when {@link #onMessage} threw.
     *
     * @param message which one
     * @param failure what it threw
     * @return {@link Reaction#STOP} unless overridden: nothing is lost in silence
     */
    default Reaction onFailure(Message<T> message, Exception failure) {
        return Reaction.STOP;
    }

    /** What follows a failure. */
    enum Reaction {
        /** The same message again, after a pause. */
        RETRY,
        /** The next message. */
        SKIP,
        /** Nothing: the subscription ends, and {@link Subscription#ended()} fails with what was thrown. */
        STOP
    }
}
