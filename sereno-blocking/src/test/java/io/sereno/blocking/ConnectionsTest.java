package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.NOT_APPLIED;
import static io.sereno.spi.BackendException.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
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
    void aServerThatNeedsLongerForAConnectionIsReachedAgain() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.needs = Duration.ofSeconds(3);
        lines.limits.clear();
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        pauseUntilDone(write);
        assertThat(get(write)).isEqualTo(2);
        assertThat(lines.limits).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));
    }

    @Test
    void anAttemptToConnectIsNeverLongerThanTheConnectTimeoutNorThanAThreadMayOutliveTheEnd() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.connecting = Lines.refusing();
        lines.limits.clear();
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        until(() -> {
            pausing().ifPresent(time::advance);
            return lines.limits.size() >= 5;
        });
        // A copy: the thread goes on.
        assertThat(List.copyOf(lines.limits).subList(2, 5)).containsOnly(Duration.ofSeconds(3));
        calls.close();
        assertFailed(write, NOT_APPLIED, true, "was not answered before the backend was closed");
        assertThat(new Backoff(Duration.ofMillis(700)).limit()).isEqualTo(Duration.ofMillis(700));
    }

    @Test
    void aConnectionThatWorkedMakesTheNextAttemptShortAgain() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(1).keepConnections(false));
        lines.needs = Duration.ofSeconds(2);
        lines.limits.clear();
        pauseUntilDone(calls.write("a commit", line -> line.number));
        pauseUntilDone(calls.write("a commit", line -> line.number));
        assertThat(lines.limits)
                .containsExactly(
                        Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(2));
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

    /** The pauses between attempts to connect are for clients that all wait for one server. This one has waited long enough. */
    @Test
    void aCallLongAfterAnOutageConnectsAtOnce() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.connecting = Lines.refusing();
        lines.limits.clear();
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        until(() -> {
            pausing().ifPresent(time::advance);
            return lines.limits.size() >= 5;
        });
        time.advance(TIMEOUT);
        assertFailed(write, NOT_APPLIED, false, "refused");
        until(() -> time.untilNext().isEmpty() && threads("1").get(0).getState() == Thread.State.WAITING);
        time.advance(Duration.ofSeconds(1));
        lines.connecting = () -> true;
        assertThat(number(calls.write("the next", line -> line.number))).isEqualTo(2);
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
        pauseUntilDone(next);
        assertFailed(next, NOT_APPLIED, true, "no connection to nowhere:1");
    }

    @Test
    void aConnectionThatCannotBeUsedAnyMoreIsReplaced() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        assertThat(number(calls.write("a commit", line -> line.number))).isEqualTo(2);
        get(lines.opened.get(0).closed); // By the thread that aborts it.
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

    /** A server that is cut off loses all connections of a client, and each would cost a call its deadline. */
    @Test
    void aConnectionIsSuspectUntilItsNextRequestIfAnotherWasGivenUp() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2));
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> frozen = calls.write("a commit", begins(begun, Line::freeze));
        get(begun);
        assertThat(number(calls.read("a read", line -> line.number))).isEqualTo(2);
        time.advance(TIMEOUT);
        assertFailed(frozen, UNKNOWN, false, "was not answered within");
        get(begun.join().closed);
        lines.idle.clear();
        for (int i = 0; i < 2; i++) {
            time.advance(Duration.ofMillis(1));
            assertThat(number(calls.read("a read", line -> line.number))).isEqualTo(2);
        }
        assertThat(lines.idle).containsExactly(BlockingClient.SUSPECT, Duration.ofMillis(1));
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

    @Test
    void aCheckThatTakesTooLongCountsAsFailed() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> checked = new CompletableFuture<>();
        lines.checking = line -> {
            checked.complete(line);
            return line.number > 1 || line.freeze();
        };
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        Line frozen = get(checked);
        time.advance(Duration.ofSeconds(1));
        assertThat(get(write)).isEqualTo(2);
        get(frozen.closed);
        assertThat(frozen.events).containsExactly("abort", "close");
    }

    /** The answer is known: it is not lost although a pool is slow. */
    @Test
    void anAnsweredWriteIsAnsweredAtItsDeadlineWhileItsConnectionIsReturned() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(1).keepConnections(false));
        CompletableFuture<Line> returning = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        lines.closing = line -> {
            returning.complete(line);
            return end.join();
        };
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        Line line = get(returning);
        time.advance(TIMEOUT);
        assertThat(get(write)).isEqualTo(2);
        end.complete(null);
        get(line.closed);
        assertThat(line.events)
                .as("no abort reaches a connection on its way to a pool")
                .containsExactly("close");
    }

    /** A pool that waits for a frozen server when the first connection is returned. */
    @Test
    void openingEndsInTimeAlthoughTheConnectionCannotBeReturned() {
        CompletableFuture<Line> returning = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        lines.closing = line -> {
            returning.complete(line);
            return end.join();
        };
        CompletableFuture<BlockingCalls<Line>> opening = CompletableFuture.supplyAsync(
                () -> builder().keepConnections(false).open(line -> true));
        Line line = get(returning);
        time.advance(TIMEOUT);
        assertFailed(opening, NOT_APPLIED, false, "no answer from nowhere:1 within 10000 ms");
        end.complete(null);
        get(line.closed);
        assertThat(line.events).containsExactly("close");
    }

    /** It was never sent. */
    @Test
    void aCallWithoutAConnectionIsNotAppliedWhateverTheClientSays() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.connecting = () -> {
            throw new BackendException(BackendException.Outcome.UNKNOWN, true, "wrong password", null);
        };
        assertFailed(calls.write("a commit", line -> true), NOT_APPLIED, true, "wrong password");
    }

    /** Their server may refuse new connections only. */
    @Test
    void callsWaitForABusyConnectionAlthoughNoOtherOneIsAllowed() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2));
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Void> busy = new CompletableFuture<>();
        AtomicInteger refused = new AtomicInteger();
        lines.connecting = () -> {
            refused.incrementAndGet();
            throw Lines.proving(Fault.REFUSED_FOR_GOOD);
        };
        CompletionStage<Void> first = calls.write(
                        "the first",
                        begins(begun, line -> busy.thenApply(x -> line).join()))
                .thenAccept(line -> {});
        get(begun);
        CompletionStage<Integer> second = calls.write("the second", line -> line.number);
        // The thread that was refused pauses before its next attempt.
        until(() -> refused.get() > 0 && pausing().isPresent());
        busy.complete(null);
        get(first);
        assertThat(get(second)).isEqualTo(1);
    }

    /** It came too late for the call for which it was made. */
    @Test
    void aConnectionThatIsReturnedSlowlyKeepsNoCallWaiting() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2).keepConnections(false));
        CompletableFuture<Void> connecting = new CompletableFuture<>();
        CompletableFuture<Void> connected = new CompletableFuture<>();
        CompletableFuture<Void> returning = new CompletableFuture<>();
        CompletableFuture<Void> returned = new CompletableFuture<>();
        lines.connecting = () -> {
            connecting.complete(null);
            return connected.join();
        };
        lines.closing = line -> {
            if (line.number == 2) {
                returning.complete(null);
                returned.join();
            }
            return true;
        };
        CompletionStage<Integer> late = calls.write("a commit", line -> line.number);
        get(connecting);
        time.advance(TIMEOUT);
        assertFailed(late, NOT_APPLIED, false, "a commit was not answered within");
        connected.complete(null);
        get(returning);
        assertThat(number(calls.write("the next", line -> line.number))).isEqualTo(3);
        returned.complete(null);
    }
}
