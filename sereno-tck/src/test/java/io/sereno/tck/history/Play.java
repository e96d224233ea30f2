package io.sereno.tck.history;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** A workload on the store in memory, in virtual time, with delays and lost messages between it and its clients. */
final class Play {
    private Play() {}

    static History of(Lie lie, long seed, int rounds, int operations) {
        ManualTime time = new ManualTime();
        MemoryStore store = new MemoryStore(time);
        Recorder recorder = new Recorder(time);
        Random random = new Random(seed);
        List<Backend> clients = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            Backend below = lie.over(store.connect(Runnable::run), time, random);
            FaultyBackend faulty = new FaultyBackend(below, time, Runnable::run);
            disturb(faulty, random);
            clients.add(recorder.record("c" + i, faulty));
        }
        Workload workload = new Workload(
                clients,
                time,
                Runnable::run,
                new Workload.Settings(
                        seed,
                        0,
                        rounds,
                        operations,
                        Duration.ofMillis(3),
                        Duration.ofMillis(40),
                        Duration.ZERO,
                        Duration.ofSeconds(1)),
                Workload.Weather.calm());
        CompletableFuture<Void> done = workload.run().toCompletableFuture();
        while (!done.isDone()) {
            time.advance(time.untilNext().orElseThrow());
        }
        done.join();
        return recorder.history();
    }

    /** Five in a hundred commits end unknown; most requests take their time. */
    private static void disturb(FaultyBackend faulty, Random random) {
        faulty.each(request -> request instanceof Request.Commit && random.nextInt(100) < 2, Fate.loseReply());
        faulty.each(request -> request instanceof Request.Commit && random.nextInt(100) < 1, Fate.loseRequest());
        faulty.each(
                request -> request instanceof Request.Commit && random.nextInt(100) < 2,
                Fate.applyLate(Duration.ofMillis(7)));
        faulty.each(request -> random.nextInt(100) < 1, Fate.refuse());
        for (int i = 1; i <= 6; i++) {
            Duration delay = Duration.ofNanos(700_000L * i);
            faulty.each(request -> random.nextInt(100) < 12, Fate.delayRequest(delay));
            faulty.each(request -> random.nextInt(100) < 12, Fate.delayReply(delay));
        }
    }
}
