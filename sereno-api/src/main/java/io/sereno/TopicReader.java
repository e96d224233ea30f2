package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * Reads a topic by asking for the next message.
 *
 * <pre>{@code
 * Topic<String> tasks = sereno.topic("tasks", Codec.utf8());
 * try (TopicReader<String> reader = tasks.reader(From.durable("loader"))) {
 *     while (true) {
 *         load(reader.next().payload()); // acknowledged by asking for the next one
 *     }
 * }
 * }</pre>
 *
 * <p>Buffers a bounded number of messages, and catches up from the store. A {@linkplain From.Durable durable} reader
 * acknowledges a message by asking for the next one; messages that were not acknowledged come again after a restart. If
 * {@link Codec#decode} throws for a message, {@code next} throws that exception; the next call continues after the
 * message, as if it had been returned.
 *
 * <p>Instances are safe for use by multiple threads; each message goes to one of them. A call on a durable reader
 * acknowledges all messages that were returned before it, to any thread: threads that share a reader acknowledge for
 * each other.
 *
 * @param <T> the type of the messages
 */
public interface TopicReader<T> extends AutoCloseable {
    /**
     * Waits for the next message, through outages.
     *
     * @return the next message, in the order of offsets
     * @throws InterruptedException if interrupted; no message is lost because of that
     * @throws MessagesLostException once for each gap: if retention took messages that were not read, the next call
     *     continues after them; if the store has lost messages, perhaps including messages that were read, the next
     *     call continues with what is published in their place
     * @throws IllegalStateException if the reader is closed, or the topic was deleted, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Message<T> next() throws InterruptedException;

    /**
     * Waits for some time for the next message.
     *
     * @param timeout zero or more
     * @return the next message; empty if none came
     * @throws InterruptedException if interrupted; no message is lost because of that
     * @throws MessagesLostException once for each gap: if retention took messages that were not read, the next call
     *     continues after them; if the store has lost messages, perhaps including messages that were read, the next
     *     call continues with what is published in their place
     * @throws NotAppliedException if the time ended while the store was out of reach
     * @throws IllegalStateException if the reader is closed, or the topic was deleted, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Message<T>> next(Duration timeout) throws InterruptedException;

    /**
     * Ends the reader; the last message that {@code next} returned stays unacknowledged. Idempotent, does not wait for
     * the store.
     */
    @Override
    void close();
}
