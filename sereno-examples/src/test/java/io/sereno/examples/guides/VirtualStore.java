package io.sereno.examples.guides;

import io.sereno.Sereno;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A store in memory and its clients, in virtual time. */
final class VirtualStore {
    private static final Duration STEP = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Sereno> clients = new ArrayList<>();

    /** A connection for one client, with the faults that the test asks for. */
    FaultyBackend newLine() {
        return new FaultyBackend(store.connect(threads), time, threads);
    }

    Sereno connect(FaultyBackend line) {
        Sereno client = Sereno.builder()
                .backend(line)
                .timeSource(line.time())
                .executor(threads)
                .connect();
        clients.add(client);
        return client;
    }

    /** Begins a call that blocks, in a thread of its own. */
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

    /** Lets time pass in small steps until the result is there. During a step, the threads do what has become due. */
    <T> T await(CompletionStage<T> result) throws InterruptedException, ExecutionException, TimeoutException {
        Duration end = time.elapsed().plus(PATIENCE);
        while (time.elapsed().compareTo(end) < 0) {
            try {
                return result.toCompletableFuture().get(10, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                time.advance(STEP);
            }
        }
        throw new TimeoutException("no result within " + PATIENCE + " of virtual time");
    }

    void close() throws Exception {
        await(CompletableFuture.runAsync(() -> clients.forEach(Sereno::close), threads));
        threads.shutdownNow();
    }
}
