package io.sereno.spring.integration;

import io.sereno.Sereno;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Two processes, ada and ben, and their store, in virtual time. */
final class VirtualProcesses implements AfterEachCallback {
    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final FaultyBackend line = line();
    final Sereno ada = connect(line);
    final Sereno ben = connect(line());

    private FaultyBackend line() {
        return new FaultyBackend(store.connect(threads), time, threads);
    }

    private Sereno connect(FaultyBackend backend) {
        return Sereno.builder()
                .backend(backend)
                .timeSource(time)
                .executor(threads)
                .connect();
    }

    long nanoTime() {
        return time.nanoTime();
    }

    /** The store deletes what is under the lease of ada's session. */
    void endTheSessionOfAda() {
        line.endLease(line.leases().get(0)).toCompletableFuture().join();
    }

    void cutAdaOff() {
        line.cutOff(Duration.ofSeconds(1));
    }

    void healAda() {
        line.heal();
    }

    <T> CompletableFuture<T> begin(Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                result.complete(call.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** Lets time pass in small steps until the result is there. */
    <T> T await(CompletableFuture<T> result) throws Exception {
        for (int step = 0; step < 10_000; step++) {
            try {
                return result.get(10, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                time.advance(Duration.ofMillis(50));
            }
        }
        throw new TimeoutException();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        line.heal();
        await(begin(() -> {
            ada.close();
            ben.close();
            return true;
        }));
        threads.shutdownNow();
    }
}
