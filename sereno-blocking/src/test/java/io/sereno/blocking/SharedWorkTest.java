package io.sereno.blocking;

import static io.sereno.spi.BackendException.Outcome.NOT_APPLIED;
import static io.sereno.spi.BackendException.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which calls share a request, and what that means for them. */
class SharedWorkTest extends SupportTest {
    private final CompletableFuture<Void> busy = new CompletableFuture<>();
    private final List<List<String>> requests = new CopyOnWriteArrayList<>();

    private BlockingCalls<Line> busyCalls() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Line> begun = new CompletableFuture<>();
        CompletionStage<Boolean> unused = calls.write("the first", begins(begun, line -> {
            busy.join();
            return true;
        }));
        get(begun);
        return calls;
    }

    private List<Optional<String>> answer(List<String> questions) {
        requests.add(questions);
        return questions.stream().map(question -> Optional.of("to " + question)).toList();
    }

    @Test
    void callsOfOneKindThatWaitAreOneRequest() {
        BlockingCalls<Line> calls = busyCalls();
        SharedWork<Line, String, String> work = (line, questions) -> answer(questions);
        List<CompletionStage<String>> stages = List.of(
                calls.share("a", true, "a", 1, work),
                calls.write("another", line -> "other"),
                calls.share("b", true, "b", BlockingCalls.MAX_WEIGHT - 2, work),
                calls.share("c", true, "c", 2, work),
                calls.share("d", true, "d", 1, work));
        busy.complete(null);
        assertThat(stages.stream().map(SupportTest::get).toList())
                .containsExactly("to a", "other", "to b", "to c", "to d");
        assertThat(requests).containsExactly(List.of("a", "b", "d"), List.of("c"));
    }

    /** It would keep the others waiting. */
    @Test
    void aCallThatWasLeftOutIsSentAlone() {
        BlockingCalls<Line> calls = busyCalls();
        SharedWork<Line, String, String> work = (line, questions) -> {
            List<Optional<String>> answers = answer(questions);
            return answers.stream()
                    .map(one -> one.filter(text -> questions.size() == 1 || !text.contains("kept")))
                    .toList();
        };
        List<CompletionStage<String>> stages = Stream.of("kept a", "b", "kept c", "d")
                .map(question -> calls.share(question, true, question, 1, work))
                .toList();
        busy.complete(null);
        assertThat(stages.stream().map(SupportTest::get).toList())
                .containsExactly("to kept a", "to b", "to kept c", "to d");
        assertThat(requests)
                .containsExactly(List.of("kept a", "b", "kept c", "d"), List.of("kept a"), List.of("kept c"));
    }

    @Test
    void aConnectionIsGivenUpWithTheLastCallThatItCarries() {
        BlockingCalls<Line> calls = busyCalls();
        CompletableFuture<Line> sent = new CompletableFuture<>();
        SharedWork<Line, String, String> silent = (line, questions) -> {
            sent.complete(line);
            return List.of(Optional.of("frozen: " + line.freeze()));
        };
        CompletionStage<String> first = calls.share("the first", true, "1", 1, silent);
        time.advance(TIMEOUT.dividedBy(2));
        CompletionStage<String> second = calls.share("the second", true, "2", 1, silent);
        busy.complete(null);
        Line line = get(sent);
        time.advance(TIMEOUT.dividedBy(2));
        assertFailed(first, UNKNOWN, false, "the first");
        time.advance(TIMEOUT.dividedBy(2));
        // If the connection were given up with the first, the second would say that the socket was closed.
        assertFailed(second, UNKNOWN, false, "the second was not answered within");
        get(line.aborted);
    }

    @Test
    void aWrongNumberOfAnswersIsUnknown() {
        BlockingCalls<Line> calls = open();
        assertFailed(
                calls.share("a", true, "a", 1, (line, questions) -> List.<Optional<String>>of()),
                UNKNOWN,
                false,
                "0 answers were given to 1 questions");
    }

    /** It could be sent without end, and would not be answered. */
    @Test
    void aCallThatIsAloneAndLeftOutIsNotApplied() {
        BlockingCalls<Line> calls = open();
        assertFailed(
                calls.share("a", true, "a", 1, (line, questions) -> List.of(Optional.<String>empty())),
                NOT_APPLIED,
                false,
                "a was left out of a request of its own");
    }

    @Test
    void worksThatCannotBeComparedShareNoRequest() {
        BlockingCalls<Line> calls = busyCalls();
        SharedWork<Line, String, String> work = new SharedWork<>() {
            @Override
            public List<Optional<String>> on(Line line, List<String> questions) {
                return answer(questions);
            }

            @Override
            public int hashCode() {
                return 1;
            }

            @Override
            public boolean equals(Object other) {
                throw new IllegalStateException("a bug");
            }
        };
        List<CompletionStage<String>> stages =
                List.of(calls.share("a", true, "a", 1, work), calls.share("b", true, "b", 1, work));
        busy.complete(null);
        assertThat(stages.stream().map(SupportTest::get).toList()).containsExactly("to a", "to b");
    }

    @Test
    void aWeightThatNoRequestCarriesIsRefused() {
        BlockingCalls<Line> calls = open();
        assertThatThrownBy(() -> calls.share("a", true, "a", 65, (line, questions) -> answer(questions)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight is 65; 1 to 64 is accepted");
    }
}
