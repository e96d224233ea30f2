package io.sereno;

import java.util.concurrent.CompletionStage;

/**
 * An ordered stream of messages, kept in the store. Not a broker: messages take at most 64 KiB (a little less on a
 * store that keeps no values larger than that), and every one is a write to the store that the locks live in.
 *
 * <pre>{@code
 * Topic<String> tasks = sereno.topic("tasks", Codec.utf8());
 * Subscription subscription =
 *         tasks.subscribe(message -> System.out.println(message.offset() + ": " + message.payload()));
 * tasks.publish("new work: 123456789");
 * }</pre>
 *
 * <p><b>Guarantees.</b> One order for all: offsets are given by the store, from 1, without holes. A message whose
 * {@code publish} returned reaches every subscription that was there before, or a {@link Gap} names it. Messages of one
 * thread keep their order, also with {@link #publishAsync}. Messages are kept until {@link Retention} takes them; a
 * subscriber that is slow or was away goes on where it was, and holds up nobody.
 *
 * <p><b>Not guaranteed.</b> That a message is handled once: after a failure a {@link From.Durable durable} reader may
 * see it again. That a {@code publish} that ended with {@link OutcomeUnknownException} is not delivered.
 *
 * <p><b>Blocking.</b> {@code publish}, {@code delete}, and beginning {@linkplain From.Now now} wait for the store, at most
 * the operation timeout, and are not interruptible. {@code publishAsync} waits for nothing but room. Beginning anywhere
 * else does not wait.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 *
 * @param <T> what its messages are
 */
public interface Topic<T> {
    /**
     * What it is called.
     *
     * @return as given to {@link Sereno#topic}
     */
    String name();

    /**
     * Appends a message.
     *
     * @param payload at most 64 KiB when encoded
     * @return its offset
     * @throws IllegalArgumentException if it is larger
     * @throws NotAppliedException if it was not appended; the call may be repeated
     * @throws OutcomeUnknownException if it may have been appended, and this could not be found out in time
     */
    long publish(T payload);

    /**
     * Appends a message without waiting for the store. Messages sent close together travel in one commit.
     *
     * <p>While more than 8 MiB of messages of this client are on their way into this topic, the call waits for room, at
     * most the operation timeout: whoever is faster than the store is slowed down, instead of filling the memory.
     *
     * <p>What travelled in one commit completes one after another in one thread. So what is attached to the stage, other
     * than by an {@code Async} method, holds up those behind it, and must not wait for them.
     *
     * @param payload at most 64 KiB when encoded
     * @return its offset; fails as {@link #publish} throws; completes off I/O threads
     * @throws IllegalArgumentException if it is larger
     */
    CompletionStage<Long> publishAsync(T payload);

    /**
     * Listens from now on: to every message published after this has returned.
     *
     * @param listener hears one message at a time
     * @return ends it when it is closed; {@link Subscription#ended()} fails if it ends for another reason
     * @throws NotAppliedException if the store could not be asked where the topic ends now
     */
    Subscription subscribe(TopicListener<T> listener);

    /**
     * Listens from some place on.
     *
     * @param from where to begin
     * @param listener hears one message at a time
     * @return ends it when it is closed; {@link Subscription#ended()} fails if it ends for another reason
     * @throws IllegalArgumentException if the name of a durable reader and that of the topic are too long together
     * @throws NotAppliedException if it begins now, and the store could not be asked where the topic ends
     */
    Subscription subscribe(From from, TopicListener<T> listener);

    /**
     * Reads by asking, instead of being called.
     *
     * @param from where to begin
     * @return a reader; to be closed
     * @throws IllegalArgumentException if the name of a durable reader and that of the topic are too long together
     * @throws NotAppliedException if it begins now, and the store could not be asked where the topic ends
     */
    TopicReader<T> reader(From from);

    /**
     * The same topic, for publishing with another retention. Who publishes trims; the default keeps the last 10,000
     * messages.
     *
     * @param retention how much to keep
     * @return a view of this topic
     */
    Topic<T> withRetention(Retention retention);

    /**
     * Removes messages, durable positions and everything else from the store. Subscriptions end with
     * {@link IllegalStateException}. Whoever publishes afterwards begins a new stream at offset 1.
     *
     * @throws NotAppliedException if nothing was removed, or not all; the call may be repeated
     * @throws OutcomeUnknownException if it may be removed later, at any moment; repeating the call ends that
     */
    void delete();
}
