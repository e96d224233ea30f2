package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.NOT_APPLIED;
import static io.sereno.spi.BackendException.Outcome.UNKNOWN;
import static java.lang.Thread.State.WAITING;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What closing ends; that no thread and no timer is left is looked at after every test. */
class ClosingTest extends SupportTest {
    @Test
    void closingEndsEveryCall() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2));
        CompletableFuture<Line> writes = new CompletableFuture<>();
        CompletableFuture<Line> reads = new CompletableFuture<>();
        CompletionStage<Boolean> write = calls.write("the write under way", begins(writes, Line::freeze));
        CompletionStage<Boolean> read = calls.read("the read under way", begins(reads, Line::freeze));
        get(writes);
        get(reads);
        CompletionStage<Boolean> waiting = calls.write("the write that waits", line -> true);
        CompletionStage<String> watch = calls.await("the watch", new CompletableFuture<>());
        calls.close();

        assertFailed(write, UNKNOWN, false, "the write under way was not answered before the backend was closed");
        assertFailed(read, NOT_APPLIED, true, "the read under way");
        assertFailed(waiting, NOT_APPLIED, true, "the write that waits");
        assertFailed(watch, NOT_APPLIED, true, "the watch");
        lines.opened.forEach(line -> get(line.closed));
    }

    @Test
    void callsAfterwardsFailAtOnce() {
        BlockingCalls<Line> calls = open();
        calls.close();
        calls.close();
        assertFailed(calls.write("a commit", line -> true), NOT_APPLIED, true, "is closed; open another one");
        assertFailed(
                calls.await("a watch", new CompletableFuture<>()), NOT_APPLIED, true, "is closed; open another one");
        BlockingListener<Line> listener = calls.listen((line, self) -> get(new CompletableFuture<>()));
        assertThat(listener.isClosed()).isTrue();
        assertThat(threads("listener")).isEmpty();
        assertThat(calls.isClosed()).isTrue();
    }

    @Test
    void closingIsAllowedInACallback() {
        BlockingCalls<Line> calls = open();
        assertThat(number(calls.read("a read", line -> line.number).thenApply(number -> {
                    calls.close();
                    return number;
                })))
                .isEqualTo(1);
    }

    @Test
    void aThreadThatIsConnectingEndsWhenItHasAConnection() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        CompletableFuture<Void> connecting = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        lines.connecting = () -> {
            connecting.complete(null);
            return end.join();
        };
        CompletionStage<Boolean> write = calls.write("a commit", line -> true);
        get(connecting);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(calls::close);
        assertFailed(write, NOT_APPLIED, true, "a commit");
        end.complete(null);
        get(closing);
        until(() -> lines.opened.size() == 2);
        get(lines.opened.get(1).closed);
    }

    /** An attempt in an outage would outlive the backend. */
    @Test
    void noConnectionIsOpenedAfterwards() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        AtomicInteger attempts = new AtomicInteger();
        lines.connecting = () -> {
            attempts.incrementAndGet();
            throw new ConnectException("refused");
        };
        CompletionStage<Boolean> write = calls.write("a commit", line -> true);
        BlockingListener<Line> listener = calls.listen((line, self) -> line.freeze());
        // Both have failed once, and pause before the next attempt.
        until(() -> attempts.get() == 2 && threads("1").get(0).getState() == WAITING);
        until(() -> threads("listener").get(0).getState() == WAITING);
        List<Thread> threads = List.of(threads("1").get(0), threads("listener").get(0));
        calls.close();
        until(() -> threads.stream().noneMatch(Thread::isAlive));
        assertThat(attempts).hasValue(2);
        assertThat(listener.isClosed()).isTrue();
        assertFailed(write, NOT_APPLIED, true, "a commit");
    }

    @Test
    void aStageThatItsCallerHasCancelledDoesNotKeepItsConnection() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Boolean> stage =
                calls.write("a commit", begins(begun, Line::freeze)).toCompletableFuture();
        Line line = get(begun);
        stage.cancel(true);
        calls.close();
        get(line.closed);
        assertThat(line.events).containsExactly("abort", "close");
    }

    /** LIF-7b: the callback waits for a lock of the application, whose holder uses the backend. */
    @Test
    void aCallbackThatBlocksBlocksNoOtherMethod() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Void> entered = new CompletableFuture<>();
        CompletableFuture<Void> lock = new CompletableFuture<>();
        CompletionStage<?> callback = calls.await("a watch", new CompletableFuture<String>())
                .handle((answer, failure) -> {
                    entered.complete(null);
                    return lock.join();
                });
        CompletableFuture<Void> closing = CompletableFuture.runAsync(calls::close);
        try {
            get(entered);
            get(CompletableFuture.runAsync(() -> calls.listen((line, self) -> line.freeze())));
            get(CompletableFuture.runAsync(calls::close));
        } finally {
            lock.complete(null);
        }
        get(callback);
        get(closing);
    }
}
