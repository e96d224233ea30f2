package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.NOT_APPLIED;
import static io.sereno.spi.BackendException.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How calls end, with servers that answer, refuse, freeze, break, and answer late. */
class OutcomesTest extends SupportTest {
    @Test
    void aCallIsAnsweredOnTheExecutor() {
        BlockingCalls<Line> calls = open();
        List<Runnable> handedOver = new ArrayList<>();
        CompletableFuture<Void> handed = new CompletableFuture<>();
        executor = task -> {
            handedOver.add(task);
            handed.complete(null);
        };
        CompletionStage<Integer> answer = calls.read("a read", line -> line.number);
        get(handed);
        assertThat(answer.toCompletableFuture()).isNotDone();
        handedOver.get(0).run();
        assertThat(get(answer)).isEqualTo(1);
    }

    @Test
    void aStageCompletesAlthoughTheExecutorRefuses() {
        BlockingCalls<Line> calls = open();
        executor = task -> {
            throw new RejectedExecutionException("shut down");
        };
        assertThat(number(calls.write("a commit", line -> line.number))).isEqualTo(1);
    }

    @Test
    void aWriteUnderWayAtItsDeadlineIsUnknownAndItsConnectionIsGivenUp() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> write = calls.write("the commit to 'a'", begins(begun, Line::freeze));
        Line line = get(begun);
        time.advance(TIMEOUT.minusNanos(1));
        assertThat(write.toCompletableFuture()).isNotDone();
        time.advance(TIMEOUT);

        assertFailed(write, UNKNOWN, false, "the commit to 'a' was not answered within 10000 ms");
        get(line.aborted);
        get(line.closed);
        assertThat(number(calls.read("a read", next -> next.number))).isEqualTo(2);
    }

    @Test
    void aReadUnderWayAtItsDeadlineIsNotApplied() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> read = calls.read("the read of 'a'", begins(begun, Line::freeze));
        get(begun);
        time.advance(TIMEOUT);
        assertFailed(read, NOT_APPLIED, false, "the read of 'a' was not answered within 10000 ms");
    }

    @Test
    void aLateAnswerIsNotThatOfTheNextCall() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<String> late = calls.write("a commit", begins(begun, line -> {
            line.aborted.join();
            return "late";
        }));
        get(begun);
        time.advance(TIMEOUT);
        assertFailed(late, UNKNOWN, false, "a commit");
        assertThat(number(calls.write("the next", line -> line.number))).isEqualTo(2);
    }

    @Test
    void aWriteThatWaitsAtItsDeadlineIsNotApplied() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        CompletionStage<Boolean> first = calls.write("the first", begins(begun, line -> {
            end.join();
            return line.freeze();
        }));
        get(begun);
        CompletionStage<Boolean> second = calls.write("the second", line -> true);
        time.advance(TIMEOUT);
        assertFailed(first, UNKNOWN, false, "the first");
        assertFailed(second, NOT_APPLIED, false, "the second was not answered within 10000 ms");
        end.complete(null);
    }

    /** The connection of the first line is used again, or another one is opened. */
    @ParameterizedTest
    @CsvSource({
        "REFUSED, NOT_APPLIED, NOT_APPLIED, false, 1",
        "REFUSED_FOR_GOOD, NOT_APPLIED, NOT_APPLIED, true, 1",
        "UNCERTAIN, NOT_APPLIED, UNKNOWN, false, 1",
        "BROKEN, NOT_APPLIED, UNKNOWN, false, 2"
    })
    void aFailureEndsACall(
            Fault fault,
            BackendException.Outcome ofRead,
            BackendException.Outcome ofWrite,
            boolean permanent,
            int lineOfNext) {
        BlockingCalls<Line> calls = open();
        CompletionStage<Boolean> write = calls.write("a commit", line -> {
            throw Lines.proving(fault);
        });
        assertFailed(write, ofWrite, permanent, "a commit failed: the server says " + fault);
        assertThat(number(calls.read("a read", line -> line.number))).isEqualTo(lineOfNext);
        assertFailed(
                calls.read("a read", line -> {
                    throw Lines.proving(fault);
                }),
                ofRead,
                permanent,
                "a read failed");
    }

    @Test
    void aWriteWhoseConnectionBreaksIsUnknownAndIsNotSentAgain() {
        BlockingCalls<Line> calls = open();
        AtomicInteger sent = new AtomicInteger();
        CompletionStage<Boolean> write = calls.write("a commit", line -> {
            sent.incrementAndGet();
            throw Lines.proving(Fault.LOST);
        });
        assertFailed(write, UNKNOWN, false, "whether the server has carried it out, or will, is not known");
        assertThat(number(calls.read("a read", line -> line.number))).isEqualTo(2);
        assertThat(sent).hasValue(1);
    }

    @Test
    void aReadWhoseConnectionBreaksIsSentAgain() {
        BlockingCalls<Line> calls = open();
        assertThat(number(calls.read("a read", line -> answerOnSecond(line, Fault.LOST))))
                .isEqualTo(2);
    }

    @Test
    void aWriteThatWasNotSentIsSentAgain() {
        BlockingCalls<Line> calls = open();
        assertThat(number(calls.write("a commit", line -> answerOnSecond(line, Fault.NOT_SENT))))
                .isEqualTo(2);
    }

    private static int answerOnSecond(Line line, Fault before) throws Exception {
        if (line.number == 1) {
            throw Lines.proving(before);
        }
        return line.number;
    }

    @Test
    void aFailureOfTheWorkItselfIsPassedOn() {
        BlockingCalls<Line> calls = open();
        BackendException own = new BackendException(NOT_APPLIED, true, "too large", null);
        assertThat(failure(calls.write("a commit", line -> {
                    throw own;
                })))
                .isSameAs(own);
        assertThat(number(calls.read("a read", line -> line.number)))
                .as("the connection may have an open transaction, or half of an answer")
                .isEqualTo(2);
    }

    /** OUT-6a. */
    @Test
    void aReadIsNotAppliedWhateverItsWorkSays() {
        BlockingCalls<Line> calls = open();
        BackendException own = new BackendException(UNKNOWN, false, "perhaps", null);
        CompletionStage<Boolean> read = calls.read("a read", line -> {
            throw own;
        });
        assertThat(failure(read)).hasMessage("perhaps").hasCause(own);
        assertFailed(read, NOT_APPLIED, false, "perhaps");
        CompletionStage<Boolean> write = calls.write("a commit", line -> {
            throw own;
        });
        assertThat(failure(write)).isSameAs(own);
    }

    /** Its answer ends each connection: it must neither starve the other calls nor end all connections for ever. */
    @Test
    void aReadThatBreaksEachConnectionWaitsBehindTheOthersAndFails() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        AtomicInteger sent = new AtomicInteger();
        CompletionStage<Integer> poison = calls.read("the poison", begins(begun, line -> {
            sent.incrementAndGet();
            end.join();
            throw Lines.proving(Fault.LOST);
        }));
        get(begun);
        CompletionStage<Integer> other = calls.write("a commit", line -> sent.get());
        end.complete(null);
        pauseUntilDone(poison);
        assertThat(get(other)).isEqualTo(1);
        assertFailed(poison, NOT_APPLIED, false, "the poison failed: each of the 5 connections over which it was sent");
        assertThat(sent).hasValue(5);
    }

    /** TimeSource: whatever blocks the thread of the clock delays all other deadlines. */
    @Test
    void aCallbackThatTheExecutorRefusesDoesNotRunInTheThreadOfTheClock() {
        BlockingCalls<Line> calls = open();
        executor = task -> {
            throw new RejectedExecutionException("shut down");
        };
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletableFuture<Thread> called = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        CompletionStage<Void> callback = calls.write("a commit", begins(begun, Line::freeze))
                .handle((answer, failure) -> {
                    called.complete(Thread.currentThread());
                    return failure instanceof BackendException ? end.join() : null;
                });
        get(begun);
        CompletableFuture<Void> clock = CompletableFuture.runAsync(() -> time.advance(TIMEOUT));
        get(clock);
        assertThat(get(called).getName()).isEqualTo("sereno-test-callback");
        end.complete(null);
        get(callback);
    }

    /** LIF-7a, for an executor that runs tasks in the thread that hands them over. */
    @Test
    void aCallbackThatBlocksHoldsNoConnection() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Void> attached = new CompletableFuture<>();
        CompletableFuture<Void> entered = new CompletableFuture<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        CompletionStage<Void> callback = calls.write(
                        "a commit", line -> attached.thenApply(x -> line.number).join())
                .thenAccept(number -> {
                    entered.complete(null);
                    end.join();
                });
        attached.complete(null);
        get(entered);
        assertThat(number(calls.write("the next", line -> line.number))).isEqualTo(1);
        end.complete(null);
        get(callback);
    }

    /** OUT-6c: not wrapped. */
    @Test
    void aStageFailsWithTheFailureItself() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Throwable> failed = new CompletableFuture<>();
        CompletionStage<Boolean> unused = calls.<Boolean>write("a commit", line -> {
                    throw Lines.proving(Fault.REFUSED);
                })
                .whenComplete((answer, failure) -> failed.complete(failure));
        assertThat(get(failed)).isInstanceOf(BackendException.class);
    }

    @Test
    void aFailureThatTheClientCannotJudgeIsUnknown() {
        BlockingCalls<Line> calls = open();
        CompletionStage<Boolean> write = calls.write("a commit", line -> {
            throw new IllegalStateException("a bug");
        });
        assertFailed(write, UNKNOWN, false, "a bug");
    }

    @Test
    void aCallBeyondTheQueueIsRefusedAtOnce() {
        BlockingCalls<Line> calls = open(builder -> builder.connections(1).maxWaiting(2));
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> first = calls.write("the first", begins(begun, Line::freeze));
        get(begun);
        List<CompletionStage<Integer>> waiting =
                List.of(calls.read("the second", line -> 2), calls.write("the third", line -> 3));
        assertFailed(calls.write("the fourth", line -> 4), NOT_APPLIED, false, "2 calls to nowhere:1 wait already");
        get(begun).aborted.complete(null);
        assertFailed(first, UNKNOWN, false, "the first");
        assertThat(waiting.stream().map(SupportTest::get).toList()).containsExactly(2, 3);
    }

    @Test
    void anAnswerFromElsewhereHasADeadlineToo() {
        BlockingCalls<Line> calls = open();
        CompletionStage<String> watch = calls.await("the watch of 'a'", new CompletableFuture<>());
        CompletionStage<String> other = calls.await("the watch of 'b'", CompletableFuture.completedFuture("live"));
        assertThat(get(other)).isEqualTo("live");
        BackendException own = new BackendException(NOT_APPLIED, true, "no such thing", null);
        assertThat(failure(calls.await(
                        "the watch of 'c'", CompletableFuture.failedFuture(own).thenApply(x -> x))))
                .isSameAs(own);
        time.advance(TIMEOUT);
        assertFailed(watch, NOT_APPLIED, false, "the watch of 'a' was not answered within 10000 ms");
    }
}
