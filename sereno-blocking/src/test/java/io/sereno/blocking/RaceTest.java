package io.sereno.blocking;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** The deadline, the answer and the end of the backend at once, in threads of their own. */
class RaceTest extends SupportTest {
    @RepeatedTest(200)
    void aCallEndsOnceAndItsConnectionIsClosedOnce(RepetitionInfo round) {
        BlockingCalls<Line> calls =
                open(builder -> builder.connections(1).keepConnections(round.getCurrentRepetition() % 2 == 0));
        AtomicBoolean sent = new AtomicBoolean();
        AtomicInteger ends = new AtomicInteger();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        CompletableFuture<Integer> first = calls.write("the first", line -> {
                    sent.set(true);
                    answer.join();
                    return line.number;
                })
                .whenComplete((number, failure) -> ends.incrementAndGet())
                .toCompletableFuture();
        CompletableFuture<Integer> second =
                calls.write("the second", line -> line.number).toCompletableFuture();
        CyclicBarrier together = new CyclicBarrier(3);
        CompletableFuture<Void> all = CompletableFuture.allOf(
                start(together, () -> answer.complete(null)),
                start(together, () -> time.advance(TIMEOUT)),
                start(together, calls::close));
        get(all);

        assertThat(outcome(first) == Outcome.NOT_APPLIED && sent.get())
                .as("a write that was sent is not applied")
                .isFalse();
        Outcome unused = outcome(second);
        assertThat(ends).hasValue(1);
        lines.opened.forEach(line -> {
            get(line.closed);
            assertThat(line.events.stream().filter("close"::equals)).hasSize(1);
            assertThat(line.events.indexOf("abort")).isLessThan(line.events.indexOf("close"));
            assertThat(line.events).hasSizeLessThanOrEqualTo(2);
        });
    }

    private static CompletableFuture<Void> start(CyclicBarrier together, Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                together.await();
                task.run();
                done.complete(null);
            } catch (Exception | Error e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    /** Null if it was answered. */
    private static @Nullable Outcome outcome(CompletableFuture<Integer> stage) {
        try {
            int unused = get(stage);
            return null;
        } catch (CompletionException e) {
            return requireNonNull((BackendException) e.getCause()).outcome();
        }
    }
}
