package io.sereno;

@FunctionalInterface
public interface TopicListener<T> {
    void onMessage(Message<T> message) throws Exception;
    /** What retention took unread; always told to the observer too, and logged. */
    default void onGap(Gap gap) {}
    /** STOP: ended() of the subscription fails with the cause. */
    default Reaction onFailure(Message<T> message, Exception failure) {
        return Reaction.STOP;
    }

    enum Reaction {
        RETRY,
        SKIP,
        STOP
    }
}
