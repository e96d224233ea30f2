package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LossCause;
import io.sereno.Right;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GuardedTest {
    private static final Duration TTL = Duration.ofSeconds(10);

    private final HeldUntilLost right = new HeldUntilLost();

    /** The time until somebody looks again would be a time in which the command outlives its right. */
    @Test
    void aLossIsNoticedWithoutALookAtTheClock() throws Exception {
        CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS)
                .execute(() -> right.lost.complete(LossCause.ENTRY_REMOVED));
        assertThat(run("sleep", "600")).isEqualTo(Exit.LOST);
        assertThat(right.looks).hasValueLessThan(8);
    }

    @Test
    void theEndOfTheCommandIsNoticedWithoutALookAtTheClock() throws Exception {
        assertThat(run("sh", "-c", "sleep 1; exit 7")).isEqualTo(7);
        assertThat(right.looks).hasValueLessThan(8);
    }

    private int run(String... command) throws Exception {
        return Guarded.of(List.of(command), TTL.dividedBy(5), TTL, false)
                .run(right, Map.of(), new Signals(Thread.currentThread()));
    }

    /** Renewed all the time. */
    private static final class HeldUntilLost implements Right {
        final CompletableFuture<LossCause> lost = new CompletableFuture<>();
        final AtomicInteger looks = new AtomicInteger();

        @Override
        public boolean isHeld() {
            return !lost.isDone();
        }

        @Override
        public Duration remaining() {
            looks.incrementAndGet();
            return isHeld() ? TTL : Duration.ZERO;
        }

        @Override
        public CompletionStage<LossCause> lost() {
            return lost;
        }

        @Override
        public void release() {}

        @Override
        public void close() {}
    }
}
