package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Meeting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients meet again and again; nobody leaves a round before all have come. */
final class Meetings implements Workload {
    /** In the first round one party comes so much later that a party that does not wait for it is seen. */
    private static final Duration LATE = Duration.ofMillis(200);

    private final Clients clients;
    private final Crew crew;
    private final Checks checks = new Checks();
    private final List<Meeting> meetings = new ArrayList<>();
    private int rounds;

    Meetings(Clients clients, int size) {
        this.clients = clients;
        this.crew = new Crew(size);
    }

    @Override
    public void open() throws Exception {
        for (Peer peer : clients.connect(crew.size())) {
            meetings.add(peer.meeting(clients.name("meeting")));
        }
        meet(LATE);
    }

    @Override
    public Window window(Duration length) throws Exception {
        long start = System.nanoTime();
        int before = rounds;
        do {
            meet(Duration.ZERO);
        } while (System.nanoTime() - start < length.toNanos());
        return Window.of(rounds - before, (System.nanoTime() - start) / 1e9, checks);
    }

    private void meet(Duration lateness) throws Exception {
        int round = ++rounds;
        AtomicInteger come = new AtomicInteger();
        meetings.get(0).open(crew.size(), round);
        crew.each(thread -> {
            if (thread == 0 && !lateness.isZero()) {
                Thread.sleep(lateness.toMillis());
            }
            come.incrementAndGet();
            meetings.get(thread).meet(crew.size(), round);
            if (come.get() != crew.size()) {
                checks.fault("a party left before all had come");
            }
        });
    }
}
