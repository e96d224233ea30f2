package io.sereno.blocking;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
    /** Whether the machine has no thread left. */
    volatile boolean exhausted;
    /** Whether the next reading of the clock fails. */
    final AtomicBoolean clockFails = new AtomicBoolean();

    private final TimeSource clock = new TimeSource() {
        @Override
        public long nanoTime() {
            if (clockFails.getAndSet(false)) {
                throw new StackOverflowError("the clock");
            }
            return time.nanoTime();
        }

        @Override
        public Instant wall() {
            return time.wall();
        }

        @Override
        public Runnable schedule(Duration delay, Executor runs, Runnable task) {
            return time.schedule(delay, runs, task);
        }
    };
    private final CompletableFuture<BlockingCalls<Line>> opened = new CompletableFuture<>();

    BlockingCalls.Builder<Line> builder() {
        BlockingCalls.Builder<Line> builder =
                BlockingCalls.builder("test", lines, clock, task -> executor.execute(task), TIMEOUT, TIMEOUT);
        builder.factory = task -> new Thread(task) {
            @Override
            public synchronized void start() {
                if (exhausted) {
                    throw new InternalError("unable to create native thread");
                }
                super.start();
            }
        };
        return builder;
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
        lines.opened.forEach(line -> line.aborted.complete(null));
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
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** The threads of the backend that have this name, such as {@code listener}. */
    static List<Thread> threads(String purpose) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("sereno-test-" + purpose))
                .toList();
    }

    /** Waits until a thread pauses, which the tests let it do for half a second at most. */
    void untilPausing() {
        until(() -> pausing().isPresent());
    }

    /** Lets the pauses of reconnects pass until the stage has ended. */
    void pauseUntilDone(CompletionStage<?> stage) {
        until(() -> {
            pausing().ifPresent(time::advance);
            return stage.toCompletableFuture().isDone();
        });
    }

    /** How long a thread will pause. */
    Optional<Duration> pausing() {
        return time.untilNext().filter(next -> next.compareTo(Duration.ofMillis(500)) <= 0);
    }

    /** A work that reports that it has begun. */
    static <T> Work<Line, T> begins(CompletableFuture<Line> begun, Work<Line, T> work) {
        return line -> {
            begun.complete(line);
            return work.on(line);
        };
    }
}
