package io.sereno;

import java.util.concurrent.CompletionStage;

/** An ordered, stored stream, dense offsets from 1, at most 64 KiB a message. Not a broker. */
public interface Topic<T> {
    String name();
    /** The offset. One thread's messages keep their order, also with publishAsync. */
    long publish(T payload);

    CompletionStage<Long> publishAsync(T payload);
    /** From now. Serial calls; each message, or a Gap. */
    Subscription subscribe(TopicListener<T> listener);

    Subscription subscribe(From from, TopicListener<T> listener);
    /** Pull; a bounded buffer, then it catches up from the store. */
    TopicReader<T> reader(From from);
    /** Trimmed by those who publish; default: the last 10,000 messages. */
    Topic<T> withRetention(Retention retention);
    /** Messages, durable positions and header; subscriptions end with IllegalStateException. */
    void delete();
}
