package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Tally;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** Threads of one or more clients that add one to a counter, or to a number in a shared value; the sum has to be the number of additions. */
final class Additions implements Workload {
    private final Clients clients;
    private final int count;
    private final Crew crew;
    private final int inFlight;
    private final Checks checks = new Checks();
    private final List<Tally> tallies = new ArrayList<>();
    private long expected;

    /** @param inFlight additions for whose answers a thread does not wait; 0 to wait for each */
    Additions(Clients clients, int count, int threadsOfEach, int inFlight) {
        this.clients = clients;
        this.count = count;
        this.crew = new Crew(count * threadsOfEach);
        this.inFlight = inFlight;
    }

    @Override
    public void open() throws Exception {
        List<Peer> peers = clients.connect(count);
        for (int thread = 0; thread < crew.size(); thread++) {
            tallies.add(peers.get(thread % count).tally(clients.name("sum")));
        }
    }

    @Override
    public Window window(Duration length) throws Exception {
        return inFlight == 0 ? waiting(length) : async(length);
    }

    private Window waiting(Duration length) throws Exception {
        Crew.Work work = crew.repeat(length, thread -> tallies.get(thread).add());
        check(work.operations());
        return work.window(checks);
    }

    private Window async(Duration length) throws Exception {
        Semaphore room = new Semaphore(inFlight);
        AtomicLong failed = new AtomicLong();
        Tally tally = tallies.get(0);
        long start = System.nanoTime();
        long additions = 0;
        do {
            room.acquire();
            additions++;
            CompletionStage<?> unused = tally.addAsync().whenComplete((sum, failure) -> {
                if (failure != null) {
                    failed.incrementAndGet();
                }
                room.release();
            });
        } while (System.nanoTime() - start < length.toNanos());
        room.acquire(inFlight);
        double seconds = (System.nanoTime() - start) / 1e9;
        check(additions - failed.get());
        return Window.of(additions - failed.get(), seconds, checks).with("gave up", (double) failed.get());
    }

    private void check(long additions) throws Exception {
        expected += additions;
        long sum = tallies.get(0).sum();
        checks.equal("sum", expected, sum);
        expected = sum;
    }
}
