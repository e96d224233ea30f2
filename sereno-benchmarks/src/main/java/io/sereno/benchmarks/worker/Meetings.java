package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Meeting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Eight clients meet again and again; nobody leaves a round before all have come. */
final class Meetings implements Workload {
    private final Clients clients;
    private final Crew crew = new Crew(8);
    private final Checks checks = new Checks();
    private final List<Meeting> meetings = new ArrayList<>();
    private int rounds;

    Meetings(Clients clients) {
        this.clients = clients;
    }

    @Override
    public void open() throws Exception {
        for (Peer peer : clients.connect(crew.size())) {
            meetings.add(peer.meeting(clients.name("meeting")));
        }
    }

    @Override
    public Window window(Duration length) throws Exception {
        long start = System.nanoTime();
        int before = rounds;
        do {
            int round = ++rounds;
            AtomicInteger come = new AtomicInteger();
            meetings.get(0).open(crew.size(), round);
            crew.each(thread -> {
                come.incrementAndGet();
                meetings.get(thread).meet(crew.size(), round);
                if (come.get() != crew.size()) {
                    checks.fault("a party left before all had come");
                }
            });
        } while (System.nanoTime() - start < length.toNanos());
        return Window.of(rounds - before, (System.nanoTime() - start) / 1e9, checks);
    }
}
