package io.sereno.blocking;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;

/** What the tests of this module share: virtual time, and a client library without a network. */
abstract class SupportTest {
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    final ManualTime time = new ManualTime();
    final Lines lines = new Lines();
    volatile Executor executor = Runnable::run;
    private final CompletableFuture<BlockingCalls<Line>> opened = new CompletableFuture<>();

    BlockingCalls.Builder<Line> builder() {
        return BlockingCalls.builder("test", lines, time, task -> executor.execute(task), TIMEOUT, TIMEOUT);
    }

    BlockingCalls<Line> open(UnaryOperator<BlockingCalls.Builder<Line>> change) {
        BlockingCalls<Line> calls = change.apply(builder()).open(line -> true);
        opened.complete(calls);
        return calls;
    }

    /** With one connection for calls. */
    BlockingCalls<Line> open() {
        return open(builder -> builder.connections(1));
    }

    @AfterEach
    void closeAll() {
        if (opened.isDone()) {
            opened.join().close();
        }
        lines.opened.forEach(lines::abort);
        until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("sereno-test-")));
        assertThat(time.untilNext()).as("timers that are left").isEmpty();
    }

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** The line that a call has used. */
    static int number(CompletionStage<Integer> stage) {
        return get(stage);
    }

    static BackendException failure(CompletionStage<?> stage) {
        try {
            throw new AssertionError("succeeded with " + get(stage));
        } catch (CompletionException e) {
            if (e.getCause() instanceof BackendException failure) {
                return failure;
            }
            throw e;
        }
    }

    static void assertFailed(CompletionStage<?> stage, Outcome outcome, boolean permanent, String message) {
        BackendException failure = failure(stage);
        assertThat(failure).hasMessageContaining(message);
        assertThat(failure.outcome()).isEqualTo(outcome);
        assertThat(failure.permanent()).isEqualTo(permanent);
    }

    /** Waits for what other threads do by themselves. */
    static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("nothing more happens").isLessThan(end);
            LockSupport.parkNanos(200_000);
        }
    }

    /** Waits until a thread pauses, which it does for less than a second. */
    void untilPausing() {
        until(() -> pausing().isPresent());
    }

    /** How long a thread will pause. */
    Optional<Duration> pausing() {
        return time.untilNext().filter(next -> next.compareTo(Duration.ofSeconds(1)) <= 0);
    }

    /** A work that reports that it has begun. */
    static <T> Work<Line, T> begins(CompletableFuture<Line> begun, Work<Line, T> work) {
        return line -> {
            begun.complete(line);
            return work.on(line);
        };
    }
}
