package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Mutex;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/** Calls that block, in threads of their own, and waiting until they do. */
public final class Threads {
    private Threads() {}

    public interface Body<T> {
        T run() throws Exception;
    }

    public static <T> CompletableFuture<T> inThread(Body<T> body) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(body.run());
            } catch (Throwable thrown) {
                result.completeExceptionally(thrown);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    /** Waits while no time passes: what others do meanwhile makes the condition true. Fails when the time of the test is up, which interrupts it. */
    public static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            assertThat(Thread.currentThread().isInterrupted())
                    .as("the condition has not become true")
                    .isFalse();
            Thread.onSpinWait();
        }
    }

    public static void awaitWaiters(Mutex mutex, int waiters) {
        until(() -> mutex.inspect().waiters().size() >= waiters);
    }

    public static <T> void interruptWhenWaiting(Body<T> acquire) throws Exception {
        AtomicReference<Thread> waiter = new AtomicReference<>();
        CompletableFuture<T> result = inThread(() -> {
            waiter.set(Thread.currentThread());
            return acquire.run();
        });
        parked(waiter).interrupt();
        assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
    }

    public static Thread parked(AtomicReference<Thread> thread) {
        until(() -> thread.get() != null && thread.get().getState() == Thread.State.WAITING);
        return Objects.requireNonNull(thread.get());
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    public static <T> T nothing() {
        return null;
    }
}
