package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ClientsTest {
    @Test
    void aThreadThatSetsItsTimerTooLateForTheLastStepIsAwaited() {
        try (Clients clients = new Clients()) {
            Duration atMost = Duration.ofMillis(500);
            CompletableFuture<Boolean> done = new CompletableFuture<>();
            var unused = Threads.inThread(() -> {
                while (clients.time.elapsed().compareTo(atMost) < 0) {
                    Thread.onSpinWait();
                }
                clients.time.schedule(Duration.ZERO, Runnable::run, () -> done.complete(true));
                return true;
            });
            clients.passUntilDone(done, atMost);
            assertThat(done).isCompletedWithValue(true);
        }
    }
}
