package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A client with a timer of its own is closed while a thread waits in a call that only time can end. */
@Timeout(30)
class CallsAtTheCloseTest {
    static Stream<Consumer<Sereno>> calls() {
        return Stream.of(
                sereno -> sereno.counter("x").delete(),
                sereno -> sereno.waitGroup("x").delete(),
                sereno -> sereno.barrier("x", 2).delete(),
                sereno -> sereno.topic("x", Codec.utf8()).delete());
    }

    @ParameterizedTest
    @MethodSource("calls")
    void callsEndInTimeAlthoughTheClientCloses(Consumer<Sereno> call) throws Exception {
        ManualTime storeTime = new ManualTime();
        FaultyBackend line =
                new FaultyBackend(new MemoryStore(storeTime).connect(Runnable::run), storeTime, Runnable::run);
        CountDownLatch underWay = new CountDownLatch(1);
        CompletableFuture<Void> waiting;
        try (Sereno sereno = Sereno.builder()
                .backend(line)
                .operationTimeout(Duration.ofMillis(500))
                .connect()) {
            line.each(
                    request -> {
                        underWay.countDown();
                        return Request.reads().test(request);
                    },
                    Fate.refuse());
            waiting = CompletableFuture.runAsync(() -> call.accept(sereno));
            assertThat(underWay.await(10, TimeUnit.SECONDS)).isTrue();
        }

        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
    }
}
