package io.sereno.recipes.counter;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Counter;
import io.sereno.recipes.Clients;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What changes cost if another client changes the counter at the same time. */
@Timeout(30)
class ContendedCounterTest {
    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void changesRequestedDuringACommitThatFailsShareTheNextAttempt() throws Exception {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(100);
        clients.connect("two").counter("x").set(200);
        List<Request> commits = new ArrayList<>();
        line.each(
                request -> Request.commitsTo("counter/x").test(request) && commits.add(request),
                Fate.delayReply(Duration.ofSeconds(1)));
        List<CompletableFuture<Long>> sums = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sums.add(counter.addAsync(1).toCompletableFuture());
        }

        clients.time.advance(Duration.ofSeconds(1));
        assertThat(commits)
                .as("the attempt that met a conflict, and the next one")
                .hasSize(2);
        clients.time.advance(Duration.ofSeconds(1));
        for (int i = 0; i < sums.size(); i++) {
            assertThat(sums.get(i).get(10, TimeUnit.SECONDS)).isEqualTo(201 + i);
        }
        assertThat(commits).hasSize(2);
    }

    /** An unchanged state is confirmed by one read, however many requests come meanwhile. */
    @Test
    void changesThatChangeNothingAreAnsweredWhileOthersGoOn() throws Exception {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(5);
        line.each(Request.any(), Fate.delayReply(Duration.ofMillis(10)));
        CompletableFuture<Long> unchanged = counter.addAsync(0).toCompletableFuture();
        for (int i = 0; i < 10; i++) {
            var unused = counter.addAsync(0);
            clients.time.advance(Duration.ofMillis(10));
        }
        assertThat(unchanged.get(10, TimeUnit.SECONDS)).isEqualTo(5);
    }
}
