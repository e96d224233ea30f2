package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.NOT_APPLIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** When connections are made, kept, replaced and returned, and what happens when none can be made. */
class ConnectionsTest extends SupportTest {
    @Test
    void openingFailsWithTheReason() {
        lines.connecting = Lines.refusing();
        assertThatThrownBy(this::open)
                .isInstanceOf(BackendException.class)
                .hasMessage("no connection to nowhere:1: refused")
                .hasCauseInstanceOf(ConnectException.class)
                .matches(e -> !((BackendException) e).permanent());
    }

    @Test
    void openingFailsForGoodIfTheServerRefuses() {
        assertThatThrownBy(() -> builder().open(line -> {
                    throw Lines.proving(Fault.REFUSED_FOR_GOOD);
                }))
                .isInstanceOf(BackendException.class)
                .matches(e -> ((BackendException) e).permanent());
        get(lines.opened.get(0).closed);
    }

    @Test
    void openingEndsByTheConnectTimeoutAndGivesTheConnectionUp() {
        CompletableFuture<Line> greeting = new CompletableFuture<>();
        CompletableFuture<BlockingCalls<Line>> opening =
                CompletableFuture.supplyAsync(() -> builder().open(begins(greeting, Line::freeze)));
        Line line = get(greeting);
        time.advance(TIMEOUT);
        assertFailed(opening, NOT_APPLIED, false, "no answer from nowhere:1 within 10000 ms");
        get(line.closed);
    }

    @Test
    void anInterruptEndsOpening() throws InterruptedException {
        CompletableFuture<Line> greeting = new CompletableFuture<>();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        CompletableFuture<BackendException> failure = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                builder().open(begins(greeting, Line::freeze)).close();
            } catch (BackendException e) {
                interrupted.complete(Thread.currentThread().isInterrupted());
                failure.complete(e);
            }
        });
        thread.start();
        get(greeting);
        thread.interrupt();
        assertThat(get(failure)).hasMessageContaining("interrupted while connecting to nowhere:1");
        assertThat(get(interrupted)).isTrue();
        thread.join();
        get(lines.opened.get(0).closed);
    }

    @Test
    void aCallWaitsForAServerThatComesBack() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.connecting = Lines.refusing();
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        untilPausing();
        lines.connecting = () -> true;
        time.advance(Duration.ofSeconds(1));
        assertThat(get(write)).isEqualTo(2);
    }

    @Test
    void aCallThatGotNoConnectionInTimeSaysWhy() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.connecting = Lines.refusing();
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        untilPausing();
        time.advance(TIMEOUT);
        assertFailed(write, NOT_APPLIED, false, "the last failure: no connection to nowhere:1: refused");
    }

    @Test
    void callsFailIfTheServerRefusesConnectionsForGood() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.connecting = () -> {
            throw Lines.proving(Fault.REFUSED_FOR_GOOD);
        };
        assertFailed(calls.write("a commit", line -> true), NOT_APPLIED, true, "no connection to nowhere:1");
        CompletionStage<Boolean> next = calls.read("a read", line -> true);
        // The thread may pause before it tries again.
        until(() -> {
            pausing().ifPresent(time::advance);
            return next.toCompletableFuture().isDone();
        });
        assertFailed(next, NOT_APPLIED, true, "no connection to nowhere:1");
    }

    @Test
    void aConnectionThatCannotBeUsedAnyMoreIsReplaced() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        assertThat(number(calls.write("a commit", line -> line.number))).isEqualTo(2);
        assertThat(lines.opened.get(0).closed).isDone();
    }

    @Test
    void aCallDoesNotWaitForAConnectionWhenOneBecomesFree() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2));
        CompletableFuture<Void> connecting = new CompletableFuture<>();
        CompletableFuture<Void> never = new CompletableFuture<>();
        lines.connecting = () -> {
            connecting.complete(null);
            never.join();
            throw new ConnectException("refused");
        };
        CompletableFuture<Void> busy = new CompletableFuture<>();
        CompletionStage<Integer> first = calls.write("the first", line -> {
            busy.join();
            return line.number;
        });
        CompletionStage<Integer> second = calls.write("the second", line -> line.number);
        get(connecting);
        busy.complete(null);
        assertThat(get(first)).isEqualTo(1);
        assertThat(get(second)).isEqualTo(1);
        never.complete(null);
    }

    @Test
    void connectionsAreOpenedWhenTheyAreNeeded() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2));
        for (int i = 0; i < 20; i++) {
            assertThat(number(calls.read("a read", line -> line.number))).isEqualTo(1);
        }
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> frozen = calls.read("a read", begins(begun, Line::freeze));
        get(begun);
        assertThat(number(calls.read("a read", line -> line.number))).isEqualTo(2);
        assertThat(frozen.toCompletableFuture()).isNotDone();
    }

    /** As those of an application's pool. */
    @Test
    void aConnectionThatIsNotKeptIsReturnedBeforeTheCallEnds() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(1).keepConnections(false));
        assertThat(lines.opened.get(0).closed).isDone();
        for (int number = 2; number <= 4; number++) {
            Line used = get(calls.write("a commit", line -> line));
            assertThat(used.number).isEqualTo(number);
            assertThat(used.closed).isDone();
        }
    }
}
