package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Candidate;
import java.time.Duration;

/** One candidate, which leads until its process is killed: a window ends when it leads. */
final class Candidacy implements Workload {
    private final Clients clients;

    Candidacy(Clients clients) {
        this.clients = clients;
    }

    @Override
    public void open() {}

    @Override
    public Window window(Duration length) throws Exception {
        Candidate candidate = clients.connect().candidate(clients.name("election"));
        long start = System.nanoTime();
        candidate.lead();
        return Window.of(1, (System.nanoTime() - start) / 1e9, new Checks());
    }
}
