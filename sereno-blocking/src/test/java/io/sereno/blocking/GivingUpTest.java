package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A connection that is given up is aborted once and closed after that. An abort that came later would hit the next owner of
 * the connection, if closing returns it to a pool.
 */
class GivingUpTest extends SupportTest {
    private final CompletableFuture<Line> aborting = new CompletableFuture<>();
    private final CompletableFuture<Void> mayAbort = new CompletableFuture<>();

    /** Giving a connection up is slow: over TLS, closing a socket may wait. */
    @BeforeEach
    void abortSlowly() {
        lines.aborting = line -> {
            aborting.complete(line);
            return mayAbort.join();
        };
    }

    @AfterEach
    void abort() {
        mayAbort.complete(null);
    }

    private void assertAbortedThenClosed(Line line) {
        assertThat(line.events).as("while the abort is under way").isEmpty();
        mayAbort.complete(null);
        get(line.closed);
        assertThat(line.events).containsExactly("abort", "close");
    }

    /** The thread is free at once, with another connection. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerThatComesWhileTheConnectionIsGivenUp(boolean keeps) {
        BlockingCalls<Line> calls = open(builder -> builder.connections(1).keepConnections(keeps));
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Integer> late = new CompletableFuture<>();
        CompletionStage<Integer> write = calls.write("a commit", begins(begun, line -> late.join()));
        Line line = get(begun);
        time.advance(TIMEOUT);
        assertFailed(write, UNKNOWN, false, "a commit");
        get(aborting);
        late.complete(1);
        CompletionStage<Integer> next = calls.write("the next", other -> other.number);
        pauseUntilDone(next);
        assertThat(get(next)).isEqualTo(line.number + 1);
        assertAbortedThenClosed(line);
    }

    @Test
    void aConnectionThatBroke() {
        BlockingCalls<Line> calls = open();
        CompletionStage<Line> write = calls.write("a commit", line -> {
            throw Lines.proving(Fault.LOST);
        });
        assertFailed(write, UNKNOWN, false, "a commit");
        assertThat(number(calls.write("the next", line -> line.number))).isEqualTo(2);
        assertAbortedThenClosed(lines.opened.get(0));
    }

    @Test
    void aListenerThatIsClosed() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Void> late = new CompletableFuture<>();
        calls.listen((line, listener) -> {
            begun.complete(line);
            late.join();
        });
        Line line = get(begun);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(calls::close);
        get(aborting);
        late.complete(null);
        until(() -> threads("listener").isEmpty());
        assertAbortedThenClosed(line);
        get(closing);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStepThatTakesTooLong(boolean stepFails) {
        BlockingCalls<Line> calls = open();
        BlockingQueue<Line> begun = new LinkedBlockingQueue<>();
        CompletableFuture<Void> late = new CompletableFuture<>();
        calls.listen((line, listener) -> {
            calls.within(line, Duration.ofSeconds(2), same -> {
                begun.add(same);
                late.join();
                if (stepFails) {
                    throw Lines.proving(Fault.LOST);
                }
                return true;
            });
            listener.pause(Duration.ofHours(line.number > 2 ? 1 : 0));
        });
        Line line = take(begun);
        time.advance(Duration.ofSeconds(2));
        assertThat(get(aborting)).isSameAs(line);
        late.complete(null);
        assertThat(take(begun)).isNotSameAs(line);
        assertAbortedThenClosed(line);
    }

    private static Line take(BlockingQueue<Line> begun) {
        try {
            Line line = begun.poll(30, TimeUnit.SECONDS);
            assertThat(line).isNotNull();
            return line;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A step of the work of a call: its connection is used by no other call. */
    @Test
    void aStepOfACallThatTakesTooLong() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Integer> late = new CompletableFuture<>();
        CompletionStage<Integer> read = calls.read(
                "a read", line -> calls.within(line, Duration.ofSeconds(2), begins(begun, same -> late.join())));
        Line line = get(begun);
        time.advance(Duration.ofSeconds(2));
        get(aborting);
        late.complete(7);
        assertThat(get(read)).isEqualTo(7);
        assertThat(number(calls.read("the next", next -> next.number))).isEqualTo(2);
        assertAbortedThenClosed(line);
    }

    @Test
    void theFirstConnection() {
        CompletableFuture<Line> greeting = new CompletableFuture<>();
        CompletableFuture<Void> late = new CompletableFuture<>();
        CompletableFuture<BlockingCalls<Line>> opening =
                CompletableFuture.supplyAsync(() -> builder().open(begins(greeting, line -> late.join())));
        Line line = get(greeting);
        time.advance(TIMEOUT);
        assertThat(failure(opening)).isInstanceOf(BackendException.class);
        get(aborting);
        late.complete(null);
        until(() -> threads("connect").isEmpty());
        assertAbortedThenClosed(line);
    }

    /** Its stage ends all the same, and the connection is given up as soon as there are threads. */
    @Test
    void withoutAThreadToGiveItUp() {
        mayAbort.complete(null);
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> write = calls.write("a commit", begins(begun, Line::freeze));
        Line line = get(begun);
        exhausted = true;
        time.advance(TIMEOUT);
        assertFailed(write, UNKNOWN, false, "a commit was not answered within");
        time.advance(Duration.ofSeconds(1));
        assertThat(line.events).isEmpty();
        exhausted = false;
        time.advance(Duration.ofSeconds(1));
        get(line.closed);
        assertThat(line.events).containsExactly("abort", "close");
        assertThat(List.of(number(calls.read("the next", next -> next.number)))).containsExactly(2);
    }
}
