package io.sereno;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A value that many processes read and change, such as a configuration or a feature flag. It exists from the first call
 * that sets it until it is deleted, and outlives its clients.
 *
 * <pre>{@code
 * SharedValue<String> banner = sereno.value("banner", Codec.utf8());
 * banner.set("back at 12:00");
 * try (CachedValue<String> cached = banner.cached()) {
 *     String text = cached.get().map(Versioned::value).orElse("welcome"); // asks nobody
 *     System.out.println(text);
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> Linearizable. A change that returns was made exactly once (SHV-1). Each change makes another
 * {@linkplain Versioned version}, also if the value is equal to the last; so {@link #compareAndSet} notices that a value
 * was changed and changed back, or deleted and set again. Changes that many threads of one client make at the same time
 * share one commit, and each counts as a change of its own.
 *
 * <p><b>Not guaranteed.</b> That a change which ended with {@link OutcomeUnknownException} was not made. That
 * {@link #onChange}, {@link #await} and {@link #cached} see every value. Anything about two values of different names:
 * what belongs together goes into one value.
 *
 * <p><b>Blocking.</b> Every method that reads or changes the value waits for the store, at most the operation timeout,
 * and is not interruptible. {@link #setAsync} and {@link #onChange} do not wait. {@link #await} is interruptible.
 *
 * <p><b>Errors</b> of every method that reads or changes: {@link NotAppliedException} if nothing was changed, or the
 * value could not be read; the call may be repeated. {@link OutcomeUnknownException} if the change may have been made
 * and this could not be found out in time. {@link IllegalArgumentException} if a value takes more than
 * {@value #MAX_BYTES} bytes; nothing was sent then. {@link UnreadableEntryException} if the entry in the store is not a
 * value.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 *
 * @param <T> the type of the value; its {@link Codec} is given to {@link Sereno#value}
 */
public interface SharedValue<T> {
    /** The most bytes that a value may take when encoded: 60 KiB, which every store accepts. */
    int MAX_BYTES = 60 * 1024;

    /**
     * The name of the value.
     *
     * @return as given to {@link Sereno#value}
     */
    String name();

    /**
     * Reads the value.
     *
     * @return empty if it was never set, or deleted since
     */
    Optional<Versioned<T>> get();

    /**
     * Sets the value, whether or not there is one.
     *
     * @param value the new value
     */
    void set(T value);

    /**
     * Sets a start value, if there is no value. Of many callers, in whatever process, one sets its value.
     *
     * @param value the start value
     * @return whether this call set it; false if there was a value, and nothing was changed
     */
    boolean setIfAbsent(T value);

    /**
     * Sets the value if nobody has changed it since it had the expected version.
     *
     * @param expected as a read returned it; only its version is compared
     * @param value the new value
     * @return false if there is another version, or no value; nothing was changed then
     */
    boolean compareAndSet(Versioned<T> expected, T value);

    /**
     * Sets the value to the result of a function.
     *
     * @param update gets the value, or empty if there is none; has no side effects: it is applied again if the value
     *     changed meanwhile
     * @return the value after that
     * @throws NotAppliedException also if other clients were faster until the operation timeout was over
     */
    T updateAndGet(Function<? super Optional<T>, ? extends T> update);

    /**
     * Sets the value without waiting. A client accepts at most 100,000 asynchronous calls that have not ended, of all
     * recipes together; the stage of a further one has failed with {@link NotAppliedException} when the method returns,
     * and nothing is sent (REC-11).
     *
     * <p>The stages of changes that share a commit are completed one after another in one thread. So an action attached
     * to a stage, other than by an {@code Async} method, delays the stages after it, and must not wait for them.
     *
     * @param value the new value
     * @return completes when the value is set; fails as {@link #set} throws; completes off I/O threads
     */
    CompletionStage<Void> setAsync(T value);

    /**
     * Keeps the value in this client, up to date, for reads that ask nobody. Waits for the first state.
     *
     * @return to be closed
     * @throws NotAppliedException if the value could not be read in time
     */
    CachedValue<T> cached();

    /**
     * Waits until there is a value that satisfies a condition.
     *
     * <pre>{@code
     * if (sereno.value("maintenance", Codec.utf8()).await("done"::equals, Duration.ofMinutes(5))) {
     *     serve();
     * }
     * }</pre>
     *
     * @param condition is called in the caller's thread with values that were stored at a moment of the call, in order;
     *     values in between may be skipped
     * @param timeout how long to wait; with zero, the value is read once, within the operation timeout
     * @return false if no value that this client saw satisfied the condition in time
     * @throws IllegalArgumentException if the timeout is negative
     * @throws InterruptedException if the thread was interrupted
     * @throws NotAppliedException if the value could not be read
     */
    boolean await(Predicate<? super T> condition, Duration timeout) throws InterruptedException;

    /**
     * Calls back with the current value, then after each change. Values come in order, and the latest always comes;
     * values in between are skipped if the value changes faster than the callback returns (SHV-3).
     *
     * @param callback receives the value, or empty if there is none
     * @return ends the calls when it is closed; {@link Subscription#ended()} fails if the entry in the store is not a
     *     value
     */
    Subscription onChange(Consumer<? super Optional<Versioned<T>>> callback);

    /** Deletes the value and leaves nothing in the store. A deletion deletes nothing that was set after it (CTR-8). */
    void delete();
}
