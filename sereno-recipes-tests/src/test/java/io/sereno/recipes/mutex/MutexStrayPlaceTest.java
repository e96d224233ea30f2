package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.Wire.Call;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.mutex.MutexBench.Wish;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * An enqueue arrives after all, since an operator removed the withdrawn entry that kept it out, when the place that sent it is long gone. The
 * client removes the entry the next time it finds it in front of itself; otherwise it would wait for itself until its session ends.
 */
class MutexStrayPlaceTest {
    private static final String DIRECTORY = "lock/x";

    private final MutexBench bench = new MutexBench(Notices.EXACT);
    private final Backend operator = bench.store.connect(Runnable::run);

    @Test
    void aClientDoesNotWaitForItself() {
        aStrayDoesNotStop(Wish.of(0, 10));
    }

    @Test
    void anAttemptThatDoesNotWaitIsNotStoppedByIt() {
        aStrayDoesNotStop(Wish.of(0, 10).ifFree());
    }

    private void aStrayDoesNotStop(Wish wish) {
        try (bench) {
            Bench.Node node = bench.connect("a");
            node.client().open();
            CompletableFuture<Call<?>> late = new CompletableFuture<>();
            node.wire().add(call -> {
                boolean first = call.kind == Kind.ENQUEUE && late.complete(call);
                if (first) {
                    call.lose();
                }
                return first;
            });
            bench.caller(node, Wish.of(0, 10));
            bench.run(Duration.ofMinutes(1));
            assertThat(late).isCompleted();
            assertThat(bench.live()).isEmpty();

            removeWithdrawn();
            var unused = late.join().carryOut();
            assertThat(bench.live()).as("the entry that arrived late").hasSize(1);

            Duration before = bench.time.elapsed();
            bench.caller(node, wish);
            bench.run(bench.time.elapsed().plusSeconds(20));
            assertThat(bench.time.elapsed().minus(before)).isLessThan(Duration.ofSeconds(2));
            assertThat(bench.granted()).as("grants in all").isEqualTo(2);
            assertThat(bench.live()).isEmpty();
            bench.closeAndExpectNothing();
        }
    }

    private void removeWithdrawn() {
        for (Entry entry : bench.entries(DIRECTORY)) {
            if (!Card.isLive(entry)) {
                var unused = operator.commit(
                        Commit.to(DIRECTORY).delete(entry.name()).build());
            }
        }
    }
}
