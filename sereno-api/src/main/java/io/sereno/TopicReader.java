package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * Reads a topic by asking for the next message.
 *
 * <pre>{@code
 * Topic<String> tasks = sereno.topic("tasks", Codec.utf8());
 * try (TopicReader<String> reader = tasks.reader(new From.Durable("loader"))) {
 *     while (true) {
 *         load(reader.next().payload()); // acknowledged by asking for the next one
 *     }
 * }
 * }</pre>
 *
 * <p>Keeps a bounded number of messages ahead, and catches up from the store. A {@linkplain From.Durable durable}
 * reader acknowledges a message by asking for the next one; what was not acknowledged comes again after a restart.
 * What {@link Codec#decode} throws for a message, {@code next} throws; the call after that goes on behind the message,
 * as if it had been returned.
 *
 * <p>Instances are safe for use by multiple threads; each message goes to one of them. Of a durable reader a call
 * acknowledges whatever was returned before it, to any thread: threads that share one acknowledge for each other.
 *
 * @param <T> what the messages are
 */
public interface TopicReader<T> extends AutoCloseable {
    /**
     * Waits for the next message, through outages.
     *
     * @return in the order of their offsets
     * @throws InterruptedException if interrupted; no message is lost by that
     * @throws MessagesLostException once where retention took messages that were not read, and the next call goes on behind them; or where the store
     *     has lost messages, also such that were read, and the next call goes on with what is published in their place
     * @throws IllegalStateException if the reader is closed, or the topic was deleted, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Message<T> next() throws InterruptedException;

    /**
     * Waits for some time for the next message.
     *
     * @param timeout zero or more
     * @return empty if none came
     * @throws InterruptedException if interrupted; no message is lost by that
     * @throws MessagesLostException once where retention took messages that were not read, and the next call goes on behind them; or where the store
     *     has lost messages, also such that were read, and the next call goes on with what is published in their place
     * @throws NotAppliedException if the time ended while the store was out of reach
     * @throws IllegalStateException if the reader is closed, or the topic was deleted, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Message<T>> next(Duration timeout) throws InterruptedException;

    /**
     * Ends the reading; the last message that {@code next} returned stays unacknowledged. Idempotent, does not wait for
     * the store.
     */
    @Override
    void close();
}
