package io.sereno;

import java.util.concurrent.CompletionStage;

/**
 * An ordered stream of messages, kept in the store. Not a broker: a message takes at most 64 KiB (a little less on a
 * store that keeps no values larger than that), and every message is a write to the store that also holds the locks.
 *
 * <pre>{@code
 * Topic<String> tasks = sereno.topic("tasks", Codec.utf8());
 * Subscription subscription =
 *         tasks.subscribe(message -> System.out.println(message.offset() + ": " + message.payload()));
 * tasks.publish("new work: 123456789");
 * }</pre>
 *
 * <p><b>Guarantees.</b> One order for all readers: offsets are given by the store, from 1, without holes. A message
 * whose {@code publish} returned reaches every subscription that existed before, or a {@link Gap} names it. Messages of
 * one thread keep their order, also with {@link #publishAsync}. Messages are kept until {@link Retention} takes them. A
 * subscriber that is slow or was disconnected continues where it stopped, and delays nobody.
 *
 * <p><b>Not guaranteed.</b> That a message is handled once: after a failure a {@link From.Durable durable} reader may
 * see it again. That a message whose {@code publish} ended with {@link OutcomeUnknownException} is not delivered.
 *
 * <p><b>Blocking.</b> {@code publish}, {@code delete}, and a subscription or reader that begins
 * {@linkplain From.Now now} wait for the store, at most the operation timeout, and are not interruptible.
 * {@code publishAsync} waits only for room. A subscription or reader that begins elsewhere does not wait.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 *
 * @param <T> the type of its messages
 */
public interface Topic<T> {
    /**
     * The name of the topic.
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
     * @throws NotAppliedException if the message was not appended; the call may be repeated
     * @throws OutcomeUnknownException if the message may have been appended, and this could not be found out in time
     */
    long publish(T payload);

    /**
     * Appends a message without waiting for the store. Messages that are published close together share a commit.
     *
     * <p>While more than 8 MiB of this client's messages for this topic are in flight, the call waits for room, at most
     * the operation timeout: a publisher that is faster than the store is slowed down instead of filling the memory.
     * A client accepts at most 100,000 asynchronous calls that have not ended, of all recipes together; a topic counts
     * as one while it has messages in flight. The stage of a further call has failed with {@link NotAppliedException}
     * when the method returns, and nothing is sent (REC-11).
     *
     * <p>The stages of messages that share a commit are completed one after another in one thread. So an action
     * attached to a stage, other than by an {@code Async} method, delays the stages after it, and must not wait for
     * them.
     *
     * @param payload at most 64 KiB when encoded
     * @return its offset; fails as {@link #publish} throws; completes off I/O threads
     * @throws IllegalArgumentException if it is larger
     */
    CompletionStage<Long> publishAsync(T payload);

    /**
     * Listens from now on: the listener gets every message published after this method has returned.
     *
     * @param listener receives one message at a time
     * @return ends the subscription when it is closed; {@link Subscription#ended()} fails if it ends for another reason
     * @throws NotAppliedException if the store could not be asked where the topic ends now
     */
    Subscription subscribe(TopicListener<T> listener);

    /**
     * Listens from a given place on.
     *
     * @param from where to begin
     * @param listener receives one message at a time
     * @return ends the subscription when it is closed; {@link Subscription#ended()} fails if it ends for another reason
     * @throws IllegalArgumentException if the names of the durable reader and of the topic are too long together
     * @throws NotAppliedException if it begins {@linkplain From.Now now}, and the store could not be asked where the
     *     topic ends
     */
    Subscription subscribe(From from, TopicListener<T> listener);

    /**
     * Makes a reader that asks for messages, instead of a listener that is called.
     *
     * @param from where to begin
     * @return a reader; to be closed
     * @throws IllegalArgumentException if the names of the durable reader and of the topic are too long together
     * @throws NotAppliedException if it begins {@linkplain From.Now now}, and the store could not be asked where the
     *     topic ends
     */
    TopicReader<T> reader(From from);

    /**
     * The same topic, for publishing with another retention. Publishers trim the topic; by default they keep the last
     * 10,000 messages.
     *
     * @param retention how much to keep
     * @return a view of this topic
     */
    Topic<T> withRetention(Retention retention);

    /**
     * Removes messages, durable positions and everything else from the store. Subscriptions end with
     * {@link IllegalStateException}. The next publication begins a new stream at offset 1.
     *
     * @throws NotAppliedException if nothing was removed, or not all; the call may be repeated
     * @throws OutcomeUnknownException if the removal may take effect later, at any moment; repeating the call settles
     *     this
     */
    void delete();
}
