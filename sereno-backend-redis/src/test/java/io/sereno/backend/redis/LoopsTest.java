package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The loops in the background: they continue after any exception, and detect silence. */
class LoopsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final ManualTime time = new ManualTime();

    @Test
    void aSearchContinuesWhenARequestThrows() {
        InetSocketAddress first = InetSocketAddress.createUnresolved("first", 1);
        InetSocketAddress second = InetSocketAddress.createUnresolved("second", 1);
        Function<InetSocketAddress, CompletionStage<String>> question = server -> {
            if (server.equals(first)) {
                throw new IllegalStateException("no question");
            }
            return CompletableFuture.completedFuture("answer");
        };
        CompletionStage<String> found = new Search<>(List.of(first, second), question, unneeded -> {}, time).begin();
        assertThat(found.toCompletableFuture()).isCompletedWithValue("answer");
        CompletionStage<String> none = new Search<>(List.of(first), question, unneeded -> {}, time).begin();
        assertThat(none.toCompletableFuture()).isCompletedExceptionally();
    }

    /** What Lettuce throws where a class of it does not load. */
    @Test
    void anErrorFailsTheStageAndGoesNoFurther() {
        CompletionStage<String> sent = Connection.send(() -> {
            throw new NoClassDefFoundError("io/lettuce/Missing");
        });
        assertThat(sent.toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void callsBehindOneThatCannotBeEndedAreEndedToo() {
        List<Call<?>> ended = new ArrayList<>();
        Deadlines deadlines = new Deadlines(time, PATIENCE, call -> {
            ended.add(call);
            throw new IllegalStateException("cannot be ended");
        });
        List<Call<?>> calls = List.of(call(), call());
        calls.forEach(deadlines::add);
        time.advance(PATIENCE);
        assertThat(ended).isEqualTo(calls);
    }

    @Test
    void silenceIsNoticedAndNoticedAgainWhileItLasts() {
        List<Boolean> noticed = new ArrayList<>();
        Silence silence = new Silence(time, PATIENCE, () -> noticed.add(true));
        silence.sent();
        time.advance(PATIENCE.minusMillis(1));
        assertThat(noticed).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(noticed).hasSize(1);
        assertThat(silence.lasts()).isTrue();
        time.advance(PATIENCE);
        assertThat(noticed).hasSize(2);
        silence.end();
        time.advance(PATIENCE.multipliedBy(5));
        assertThat(noticed).hasSize(2);
        assertThat(silence.lasts()).isFalse();
    }

    @Test
    void aServerThatAnswersAnythingIsNotSilent() {
        List<Boolean> noticed = new ArrayList<>();
        Silence silence = new Silence(time, PATIENCE, () -> noticed.add(true));
        for (int i = 0; i < 10; i++) {
            silence.sent();
            silence.sent();
            time.advance(PATIENCE.dividedBy(2));
            silence.answered();
        }
        assertThat(noticed).isEmpty();
        for (int i = 0; i < 10; i++) {
            silence.answered();
        }
        time.advance(PATIENCE.multipliedBy(10));
        assertThat(noticed).as("nothing is under way").isEmpty();
    }

    private static Call<String> call() {
        return new Call<>("read", List.of(), "a read", false, reply -> "", new Callbacks(Runnable::run));
    }
}
