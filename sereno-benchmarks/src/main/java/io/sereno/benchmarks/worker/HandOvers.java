package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Candidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** Two candidates: the leader resigns, and the other one leads. A resigned leader has time to become a candidate again. */
final class HandOvers implements Workload {
    private static final Duration PAUSE = Duration.ofMillis(30);
    private static final long LONGEST = Duration.ofMinutes(2).toNanos();

    private final Clients clients;
    private final Crew crew = new Crew(2);
    private final Checks checks = new Checks();
    private final List<Candidate> candidates = new ArrayList<>();
    private final AtomicInteger leaders = new AtomicInteger();

    HandOvers(Clients clients) {
        this.clients = clients;
    }

    @Override
    public void open() throws Exception {
        for (Peer peer : clients.connect(crew.size())) {
            candidates.add(peer.candidate(clients.name("election")));
        }
        Crew.result(lead(0));
    }

    /** Ends with the time at which the candidate learned that it leads. */
    private Future<Long> lead(int candidate) {
        return crew.start(candidate, () -> {
            candidates.get(candidate).lead();
            long now = System.nanoTime();
            if (leaders.incrementAndGet() > 1) {
                checks.fault("two lead at once");
            }
            return now;
        });
    }

    @Override
    public Window window(Duration length) throws Exception {
        Histogram nanos = new Histogram(LONGEST, 2);
        long start = System.nanoTime();
        long handOvers = 0;
        int leader = 0;
        // An even number, so that the same candidate leads before each window.
        do {
            Future<Long> next = lead(1 - leader);
            LockSupport.parkNanos(PAUSE.toNanos());
            int resigning = leader;
            long resigned = Crew.result(crew.start(resigning, () -> {
                leaders.decrementAndGet();
                long now = System.nanoTime();
                candidates.get(resigning).resign();
                return now;
            }));
            nanos.recordValue(Math.min(Math.max(0, Crew.result(next) - resigned), LONGEST));
            leader = 1 - leader;
            handOvers++;
        } while (System.nanoTime() - start < length.toNanos() || handOvers % 2 == 1);
        return Window.of(handOvers, (System.nanoTime() - start) / 1e9, checks).with(nanos);
    }
}
