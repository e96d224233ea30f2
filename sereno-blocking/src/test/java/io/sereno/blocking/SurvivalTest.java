package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.NOT_APPLIED;
import static io.sereno.spi.BackendException.Outcome.UNKNOWN;
import static java.lang.Thread.State.WAITING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Whatever a client, an executor or the machine throws: each stage ends, and the thread for calls runs the next one. */
class SurvivalTest extends SupportTest {
    private void assertNextCallIsAnswered(BlockingCalls<Line> calls) {
        CompletionStage<Boolean> next = calls.write("the next", line -> true);
        pauseUntilDone(next);
        assertThat(get(next)).isTrue();
    }

    @Test
    void anErrorOfTheExecutor() {
        BlockingCalls<Line> calls = open();
        executor = task -> {
            throw new InternalError("unable to create native thread");
        };
        assertThat(number(calls.write("a commit", line -> line.number))).isEqualTo(1);
        assertNextCallIsAnswered(calls);
    }

    @Test
    void anErrorOfTheExecutorWhileCallsEnd() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        List<CompletionStage<Boolean>> stages =
                List.of(calls.write("the first", begins(begun, Line::freeze)), calls.write("the second", line -> true));
        get(begun);
        executor = task -> {
            throw new InternalError("unable to create native thread");
        };
        exhausted = true;
        calls.close();
        assertFailed(stages.get(0), UNKNOWN, false, "the first");
        assertFailed(stages.get(1), NOT_APPLIED, true, "the second");
        exhausted = false;
        time.advance(Duration.ofSeconds(1));
    }

    @Test
    void anErrorOfTheCheckOfAConnection() {
        BlockingCalls<Line> calls = open();
        lines.checking = line -> {
            if (line.number == 1) {
                throw new NoClassDefFoundError("net/driver/Ping");
            }
            return true;
        };
        assertThat(number(calls.write("a commit", line -> line.number))).isEqualTo(2);
        assertNextCallIsAnswered(calls);
    }

    /** As the judge of the client says nothing, the outcome of a write is unknown. */
    @Test
    @SuppressWarnings("NullAway") // The author of the client has no checker of nulls.
    void aJudgeThatSaysNothing() {
        BlockingCalls<Line> calls = open();
        lines.judge = failure -> null;
        CompletionStage<Boolean> write = calls.write("a commit", line -> {
            throw Lines.proving(Fault.REFUSED);
        });
        assertFailed(write, UNKNOWN, false, "a commit failed: the server says REFUSED");
        assertNextCallIsAnswered(calls);
    }

    @Test
    @SuppressWarnings("NullAway")
    void anAnswerThatIsNull() {
        BlockingCalls<Line> calls = open();
        for (List<Optional<String>> answers :
                Arrays.asList(Arrays.<Optional<String>>asList((Optional<String>) null), null)) {
            SharedWork<Line, String, String> work = (line, questions) -> answers;
            assertFailed(calls.share("a commit", true, "a", 1, work), UNKNOWN, false, "a commit failed");
        }
        assertNextCallIsAnswered(calls);
    }

    @Test
    void aClientThatDoesNotKnowWhereItIs() {
        BlockingCalls<Line> calls = open();
        lines.usable = false;
        lines.where = () -> {
            throw new IllegalStateException("a bug");
        };
        lines.connecting = Lines.refusing();
        CompletionStage<Integer> write = calls.write("a commit", line -> line.number);
        untilPausing();
        lines.connecting = () -> true;
        pauseUntilDone(write);
        assertThat(get(write)).isEqualTo(2);
    }

    /** Of a watchdog of the client library, after the call that it watched has ended. */
    @Test
    void anInterruptThatComesLate() {
        BlockingCalls<Line> calls = open();
        Thread thread = get(calls.read("a read", line -> Thread.currentThread()));
        until(() -> thread.getState() == WAITING);
        thread.interrupt();
        until(() -> !thread.isInterrupted() && (thread.getState() == WAITING || !thread.isAlive()));
        assertNextCallIsAnswered(calls);
    }

    /** Whatever else goes wrong in the thread: the answer that is known is given. */
    @Test
    void anErrorThatNobodyExpects() {
        BlockingCalls<Line> calls = open();
        CompletionStage<Integer> write = calls.write("a commit", line -> {
            clockFails.set(true);
            return line.number;
        });
        assertThat(get(write)).isEqualTo(1);
        assertNextCallIsAnswered(calls);
        get(lines.opened.get(0).closed);
    }

    @Test
    void aThreadThatCannotBeStarted() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(2));
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Void> busy = new CompletableFuture<>();
        CompletionStage<Line> first = calls.write(
                "the first", begins(begun, line -> busy.thenApply(x -> line).join()));
        get(begun);
        exhausted = true;
        executor = Runnable::run;
        CompletionStage<Integer> second = calls.write("the second", line -> line.number);
        busy.complete(null);
        assertThat(get(first).number).isEqualTo(1);
        assertThat(get(second)).isEqualTo(1);
        exhausted = false;
        CompletableFuture<Line> again = new CompletableFuture<>();
        CompletionStage<Boolean> frozen = calls.read("a read", begins(again, Line::freeze));
        get(again);
        assertThat(number(calls.read("another", line -> line.number)))
                .as("the thread that could not be started is not counted")
                .isEqualTo(2);
        assertThat(frozen.toCompletableFuture()).isNotDone();
    }

    @Test
    void noThreadForTheFirstConnection() {
        exhausted = true;
        assertThatThrownBy(this::open)
                .isInstanceOf(BackendException.class)
                .hasMessage("no connection to nowhere:1: unable to create native thread")
                .matches(e -> ((BackendException) e).outcome() == NOT_APPLIED);
    }
}
