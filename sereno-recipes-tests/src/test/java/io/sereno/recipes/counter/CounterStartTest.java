package io.sereno.recipes.counter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a counter exists, and its start value. */
@Timeout(60)
class CounterStartTest {
    private final Clients clients = new Clients();
    private final SerenoClient one = clients.connect("one");
    private final Counter counter = one.counter("x");
    private final Backend operator = clients.store.connect(Runnable::run);

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void itExistsFromTheFirstChangeToTheDeletion() {
        assertThat(counter.exists()).isFalse();
        assertThat(counter.get()).isZero();
        counter.incrementAndGet();
        assertThat(counter.exists()).isTrue();
        counter.decrementAndGet();
        assertThat(counter.exists()).isTrue();
        assertThat(clients.connect("two").counter("x").exists()).isTrue();
        counter.delete();
        assertThat(counter.exists()).isFalse();
        counter.set(0);
        assertThat(counter.exists()).isTrue();
    }

    @Test
    void whatChangesNothingDoesNotMakeIt() {
        assertThat(counter.addAndGet(0)).isZero();
        assertThat(counter.compareAndSet(5, 6)).isFalse();
        assertThat(counter.exists()).isFalse();
        assertThat(counter.compareAndSet(0, 0)).isTrue();
        assertThat(counter.exists()).isTrue();
    }

    @Test
    void aStartValueIsSetOnce() {
        assertThat(counter.setIfAbsent(100)).isTrue();
        assertThat(counter.setIfAbsent(200)).isFalse();
        assertThat(counter.incrementAndGet()).isEqualTo(101);
        assertThat(clients.connect("two").counter("x").setIfAbsent(300)).isFalse();
        assertThat(counter.get()).isEqualTo(101);
        counter.delete();
        assertThat(counter.setIfAbsent(400)).isTrue();
        assertThat(counter.get()).isEqualTo(400);
    }

    @Test
    void aCounterThatWasSetToZeroExists() {
        counter.set(0);
        assertThat(counter.setIfAbsent(100)).isFalse();
        assertThat(counter.get()).isZero();
    }

    @Test
    void aCounterOfAFormerVersionExists() {
        operator.commit(Commit.to("counter/x")
                        .put(CounterRecipe.VALUE, Bytes.utf8("sereno/1 counter\nvalue 0\n"))
                        .build())
                .toCompletableFuture()
                .join();
        assertThat(counter.exists()).isTrue();
        assertThat(counter.setIfAbsent(100)).isFalse();
    }

    /** The cell creates the entry in a commit of its own: what a client that dies between the two leaves is not a counter. */
    @Test
    void anEntryWithoutAChangeIsNoCounter() {
        FaultyBackend line = clients.line();
        Counter interrupted = clients.connect("three", line).counter("x");
        CompletableFuture<Void> first = new CompletableFuture<>();
        line.each(
                request -> {
                    boolean changes = Request.commitsTo("counter/x").test(request) && first.isDone();
                    if (Request.commitsTo("counter/x").test(request)) {
                        first.complete(null);
                    }
                    return changes;
                },
                Fate.refuse());
        CompletableFuture<Boolean> set = Threads.inThread(() -> interrupted.setIfAbsent(100));
        clients.passUntilDone(set, Duration.ofSeconds(10));
        assertThatThrownBy(set::join).hasCauseInstanceOf(NotAppliedException.class);
        assertThat(operator.read(new Query.One("counter/x", CounterRecipe.VALUE))
                        .toCompletableFuture()
                        .join()
                        .entries())
                .hasSize(1);
        assertThat(counter.exists()).isFalse();
        assertThat(counter.get()).isZero();
        assertThat(counter.setIfAbsent(200)).isTrue();
        assertThat(counter.get()).isEqualTo(200);
    }

    @Test
    void ofManyCallersOneSetsTheStartValue() throws Exception {
        List<CompletableFuture<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Counter each = clients.connect("client-" + i).counter("y");
            int value = 100 + i;
            calls.add(Threads.inThread(() -> each.setIfAbsent(value)));
        }
        int winner = -1;
        for (int i = 0; i < 8; i++) {
            if (calls.get(i).get(30, TimeUnit.SECONDS)) {
                assertThat(winner).as("a second caller that set the value").isEqualTo(-1);
                winner = i;
            }
        }
        assertThat(one.counter("y").get()).isEqualTo(100 + winner);
    }

    @Test
    void afterTheCloseNothingIsRead() {
        one.close();
        assertThatThrownBy(counter::exists).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> counter.setIfAbsent(1)).isInstanceOf(SerenoClosedException.class);
    }
}
