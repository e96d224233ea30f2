package io.sereno.junit;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** What virtual and real time have in common. */
abstract class Clock implements SerenoClock {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Executor executor;
    private final Queue<Begun<?>> begun = new ConcurrentLinkedQueue<>();

    Clock(Executor executor) {
        this.executor = executor;
    }

    /** Lets time pass until the condition holds, and returns whether it did in time. */
    abstract boolean passUntil(BooleanSupplier condition, Duration atMost) throws InterruptedException;

    @Override
    public final <T> T await(CompletionStage<T> stage)
            throws ExecutionException, TimeoutException, InterruptedException {
        CompletableFuture<T> result = stage.toCompletableFuture();
        if (!passUntil(result::isDone, PATIENCE)) {
            throw new TimeoutException("no result within " + PATIENCE + " of the test's time");
        }
        return result.get();
    }

    @Override
    public final void until(BooleanSupplier condition) throws TimeoutException, InterruptedException {
        if (!passUntil(condition, PATIENCE)) {
            throw new TimeoutException("the condition did not hold within " + PATIENCE + " of the test's time");
        }
    }

    @Override
    public final <T> CompletableFuture<T> begin(Callable<T> call) {
        Begun<T> result = new Begun<>();
        begun.add(result);
        executor.execute(() -> {
            try {
                result.complete(call.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** Of the calls that failed without the test asking how they ended. */
    final List<Throwable> unseenFailures() {
        return begun.stream().flatMap(call -> call.unseenFailure().stream()).toList();
    }

    @Override
    public final Executor threads() {
        return executor;
    }

    @Override
    public final void advance(Duration by) throws InterruptedException {
        if (by.isNegative()) {
            throw new IllegalArgumentException("time moves forward only; zero or more is accepted, not " + by);
        }
        passUntil(() -> false, by);
    }
}
