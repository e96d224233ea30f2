package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.SharedValue;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A dependent of a stage of {@code addAsync} or {@code publishAsync} that blocks delays no other stage of the same
 * commit.
 */
@Timeout(30)
class BlockedStagesTest {
    private static final int STAGES = 20;
    private static final Duration MOMENT = Duration.ofMillis(100);

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient here = clients.connect("here", line);
    private final CompletableFuture<Boolean> open = new CompletableFuture<>();

    @AfterEach
    void close() {
        open.complete(true);
        clients.close();
    }

    @Test
    void anAdditionWhoseDependentBlocksDelaysNoOther() throws Exception {
        here.counter("c").set(0);
        othersEnd("counter/c", () -> here.counter("c").addAsync(1).toCompletableFuture());
    }

    @Test
    void aChangeOfAValueWhoseDependentBlocksDelaysNoOther() throws Exception {
        SharedValue<String> value = here.value("v", Codec.utf8());
        value.set("first");
        othersEnd("value/v", () -> value.setAsync("x").toCompletableFuture());
    }

    @Test
    void aPublicationWhoseDependentBlocksDelaysNoOther() throws Exception {
        here.topic("t", Codec.utf8()).publish("first");
        othersEnd(
                "topic/t", () -> here.topic("t", Codec.utf8()).publishAsync("m").toCompletableFuture());
    }

    /** The first three block, one after another. All others must complete. */
    private void othersEnd(String directory, Supplier<? extends CompletableFuture<?>> ask) throws Exception {
        line.next(Request.commitsTo(directory), Fate.delayReply(MOMENT));
        CompletableFuture<?> ahead =
                ask.get(); // The others are asked for while its commit is under way: they share one.
        List<CompletableFuture<?>> stages = new ArrayList<>();
        for (int i = 0; i < STAGES; i++) {
            CompletableFuture<?> stage = ask.get();
            stages.add(stage);
            if (i < 3) {
                var unused = stage.thenRun(open::join);
            }
        }
        CompletableFuture<Void> others = CompletableFuture.allOf(stages.toArray(new CompletableFuture<?>[0]));

        clients.passUntilDone(others, Duration.ofSeconds(1));

        assertThat(others).isCompleted();
        ahead.get(10, TimeUnit.SECONDS);
    }
}
