package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Candidate;
import java.time.Duration;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One candidate, which leads until its process is killed: a window ends when it leads. */
final class Candidacy implements Workload {
    private final Clients clients;
    private final Crew crew = new Crew(1);
    private @Nullable Future<Boolean> leads;

    Candidacy(Clients clients) {
        this.clients = clients;
    }

    @Override
    public void open() {}

    private Future<Boolean> stand() throws Exception {
        Candidate candidate = clients.connect().candidate(clients.name("election"));
        return crew.start(0, () -> {
            candidate.lead();
            return true;
        });
    }

    /** Stands for election, and returns when the candidate waits for another one that leads. */
    @Override
    public void hold() throws Exception {
        leads = stand();
        crew.awaitBlocked(1);
    }

    @Override
    public Window window(Duration length) throws Exception {
        long start = System.nanoTime();
        Crew.result(leads != null ? leads : stand());
        return Window.of(1, (System.nanoTime() - start) / 1e9, new Checks());
    }
}
