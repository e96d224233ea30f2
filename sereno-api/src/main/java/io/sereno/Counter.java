package io.sereno;

import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/**
 * A long that many processes change, with the methods of {@link java.util.concurrent.atomic.AtomicLong}; a counter that
 * was never changed reads as 0. Outlives its clients. {@link #setIfAbsent} gives it another start value.
 *
 * <pre>{@code
 * long visits = sereno.counter("visits").incrementAndGet();
 * }</pre>
 *
 * <p><b>Guarantees.</b> Linearizable. A change that returns was made exactly once. Changes that many threads of one
 * client make at the same time share one commit, and each gets the value that resulted from its own change.
 *
 * <p><b>Not guaranteed.</b> That an addition which ended with {@link OutcomeUnknownException} was not made. That
 * {@link #onChange} sees every value.
 *
 * <p><b>Blocking.</b> Every method that reads or changes the value waits for the store, at most the operation timeout,
 * and is not interruptible. {@link #addAsync} and {@link #onChange} do not wait.
 *
 * <p><b>Errors</b> of every method that reads or changes: {@link NotAppliedException} if nothing was changed, or the
 * value could not be read; the call may be repeated. {@link OutcomeUnknownException} if the change may have been made
 * and this could not be found out in time. {@link ArithmeticException} if the value would leave the range of a long;
 * nothing was changed.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface Counter {
    /**
     * The name of the counter.
     *
     * @return as given to {@link Sereno#counter}
     */
    String name();

    /**
     * Reads the value.
     *
     * @return the value, 0 if the counter does not exist
     */
    long get();

    /**
     * Whether the counter exists: it has been set, by whichever method and to whichever value, or something other than 0
     * has been added to it, since it was last deleted. A counter with the value 0 may exist (CTR-10).
     *
     * <p>Not guaranteed while clients of a version without this method use the counter: if such a client dies before its
     * first change, the counter may exist with the value 0.
     *
     * @return false if the counter was never changed, or deleted since
     */
    boolean exists();

    /**
     * Sets a start value, if the counter does not exist. Of many callers, in whatever process, one sets its value
     * (CTR-10).
     *
     * <pre>{@code
     * Counter invoices = sereno.counter("invoices");
     * invoices.setIfAbsent(10_000);
     * long number = invoices.incrementAndGet();
     * }</pre>
     *
     * @param value the start value
     * @return whether this call set it; false if the counter existed, and nothing was changed
     */
    boolean setIfAbsent(long value);

    /**
     * Sets the value.
     *
     * @param value the new value
     */
    void set(long value);

    /**
     * Adds.
     *
     * @param delta what to add, negative to subtract
     * @return the value after that
     */
    long addAndGet(long delta);

    /**
     * Adds.
     *
     * @param delta what to add, negative to subtract
     * @return the value before that
     */
    long getAndAdd(long delta);

    /**
     * Adds one.
     *
     * @return the value after that
     */
    long incrementAndGet();

    /**
     * Subtracts one.
     *
     * @return the value after that
     */
    long decrementAndGet();

    /**
     * Adds one.
     *
     * @return the value before that
     */
    long getAndIncrement();

    /**
     * Sets the value.
     *
     * @param value the new value
     * @return the value before that
     */
    long getAndSet(long value);

    /**
     * Sets the value if it is the expected one.
     *
     * @param expected the value that it must have now
     * @param value the new value
     * @return false if it had another value; nothing was changed then
     */
    boolean compareAndSet(long expected, long value);

    /**
     * Sets the value to the result of a function.
     *
     * @param update has no side effects: it is applied again if the value changed meanwhile
     * @return the value after that
     */
    long updateAndGet(LongUnaryOperator update);

    /**
     * Adds without waiting. A client accepts at most 100,000 asynchronous calls that have not ended, of all recipes
     * together; the stage of a further one has failed with {@link NotAppliedException} when the method returns, and
     * nothing is sent (REC-11).
     *
     * <p>The stages of additions that share a commit are completed one after another in one thread. So an action
     * attached to a stage, other than by an {@code Async} method, delays the stages after it, and must not wait for
     * them.
     *
     * @param delta what to add, negative to subtract
     * @return the value after that; fails as {@link #addAndGet} throws; completes off I/O threads
     */
    CompletionStage<Long> addAsync(long delta);

    /**
     * Calls back with the current value, then with each new value. Values come in order, and the latest always comes;
     * values in between are skipped if the value changes faster than the callback returns.
     *
     * @param callback receives the value
     * @return ends the calls when it is closed
     */
    Subscription onChange(LongConsumer callback);

    /** Deletes the counter and leaves nothing in the store: it reads as 0 until the next change creates it again. */
    void delete();
}
