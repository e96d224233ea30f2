package io.sereno.junit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Waits for what the nodes of a test do, and lets the time of the test pass meanwhile. In virtual time it passes from
 * one timer to the next, and only when the threads of the nodes and those of {@link #begin} have done what they can.
 * Threads that the application starts itself are not seen, so time may pass while they work: let the code under test take
 * its threads from {@link #threads()}, if it needs threads.
 *
 * <p>A thread in a call of the system, as one that reads from a socket, is not waited for once it has used no CPU for
 * 100 ms.
 *
 * <p>A test calls these methods in its own thread. <b>That thread calls nothing else that waits for the store</b>: as
 * only it lets virtual time pass, a call that needs a timer, as {@code release()} of a node that is cut off does, would
 * never end there. {@link #run} and {@link #await(Callable)} make such calls.
 */
public interface SerenoClock {
    /**
     * Begins a call that blocks, in a thread of its own, and waits for it.
     *
     * @param <T> what it returns
     * @param call for instance {@code () -> sereno.mutex("m").acquire()}
     * @return what the call returned
     * @throws ExecutionException if the call threw; its exception is the cause
     * @throws TimeoutException if it did not end within 5 minutes
     * @throws InterruptedException if interrupted
     */
    default <T> T await(Callable<T> call) throws ExecutionException, TimeoutException, InterruptedException {
        return await(begin(call));
    }

    /**
     * Begins a call that returns nothing, in a thread of its own, and waits for it.
     *
     * @param action for instance {@code grant::release}
     * @throws ExecutionException if the call threw; its exception is the cause
     * @throws TimeoutException if it did not end within 5 minutes
     * @throws InterruptedException if interrupted
     */
    default void run(Action action) throws ExecutionException, TimeoutException, InterruptedException {
        await(begin(() -> {
            action.run();
            return true;
        }));
    }

    /**
     * Waits for a stage, for instance {@code grant.lost()}.
     *
     * @param <T> its result
     * @param stage to wait for
     * @return its result
     * @throws ExecutionException if it failed; the cause says why
     * @throws TimeoutException if it did not end within 5 minutes
     * @throws InterruptedException if interrupted
     */
    <T> T await(CompletionStage<T> stage) throws ExecutionException, TimeoutException, InterruptedException;

    /**
     * Waits until something is true.
     *
     * @param condition checked in this thread, after each step; must not block
     * @throws TimeoutException if it is not true within 5 minutes
     * @throws InterruptedException if interrupted
     */
    void until(BooleanSupplier condition) throws TimeoutException, InterruptedException;

    /**
     * Begins a call in a thread of its own, and does not wait for it. If the call fails and the test never asks how it
     * ended, for instance by {@link #await(CompletionStage)}, the test fails at its end.
     *
     * @param <T> what it returns
     * @param call may block
     * @return completes with the result of the call
     */
    <T> CompletableFuture<T> begin(Callable<T> call);

    /**
     * The threads of the nodes and of {@link #begin}, for code under test that needs threads of its own.
     *
     * @return has a thread for each task, in which the task may block
     */
    Executor threads();

    /**
     * Lets time pass. Sessions are renewed on the way, and timers come due.
     *
     * @param by zero or more; in real time the call takes that long
     * @throws InterruptedException if interrupted
     */
    void advance(Duration by) throws InterruptedException;

    /**
     * How long the test has lasted.
     *
     * @return in the time of the test
     */
    Duration elapsed();

    /** A call that blocks and returns nothing. */
    @FunctionalInterface
    interface Action {
        /**
         * Makes the call.
         *
         * @throws Exception is the cause of what {@link SerenoClock#run} throws
         */
        void run() throws Exception;
    }
}
