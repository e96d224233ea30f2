package io.sereno.recipes.waitgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.WorkersLostException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The place whose {@code join()} had no answer, and whose session ended before its outcome could be settled: WGP-4 and WGP-8. */
@Timeout(60)
class UnknownJoinTest {
    private static final String DIRECTORY = "waitgroup/x";
    private static final Duration LONG = Duration.ofMinutes(2);

    private final Clients clients = new Clients();
    private final WaitGroup group = clients.connect("parent").waitGroup("x");
    private final FaultyBackend line = clients.line();
    private final WaitGroup there = clients.connect("child", line).waitGroup("x");

    @AfterEach
    void close() {
        line.heal();
        clients.close();
    }

    @ParameterizedTest
    @EnumSource
    void aPlaceOfUnknownOutcomeBelongsToALostWorkerWhenItsSessionEnds(OnLostWorker policy) throws Exception {
        group.add(1, policy);
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        CompletableFuture<Worker> joining = Threads.inThread(there::join);
        while (group.inspect().joined().isEmpty()) {
            Thread.onSpinWait();
        }
        line.cutOff(Duration.ofSeconds(1));
        clients.passUntilDone(joining, LONG);
        assertThatThrownBy(joining::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        assertThat(group.await(Duration.ZERO)).isFalse();
        clients.time.advance(Clients.TTL.multipliedBy(2));
        String id = group.inspect().joined().get(0);
        assertThat(group.inspect().lost()).containsExactly(id);

        CompletableFuture<Boolean> waiting = Threads.inThread(() -> group.await(Duration.ofSeconds(20)));
        clients.passUntilDone(waiting, LONG);
        switch (policy) {
            case FAIL -> {
                Throwable lost =
                        catchThrowableOfType(Exception.class, waiting::join).getCause();
                assertThat(lost)
                        .isInstanceOfSatisfying(
                                WorkersLostException.class,
                                failure -> assertThat(failure.workers()).containsExactly(id));
            }
            case COUNT_AS_DONE -> assertThat(waiting).isCompletedWithValue(true);
            case REOPEN -> {
                assertThat(waiting).isCompletedWithValue(false);
                group.join().done();
                assertThat(group.await(Duration.ZERO)).isTrue();
            }
        }
    }

    @Test
    void aJoinThatWasNotAppliedIsNeverLost() {
        group.add(1);
        line.each(Request.commitsTo(DIRECTORY), Fate.refuse());
        CompletableFuture<Worker> joining = Threads.inThread(there::join);
        clients.passUntilDone(joining, LONG);
        assertThatThrownBy(joining::join).hasCauseInstanceOf(NotAppliedException.class);
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL.multipliedBy(2));
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(), List.of()));
        group.join().done();
    }
}
