package io.sereno.micrometer;

import io.sereno.Sereno;
import io.sereno.SerenoMeter;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import java.util.ArrayList;
import java.util.List;

/** Clients of one store in memory, in virtual time. Everything runs in the thread of the test. */
final class Clients implements AutoCloseable {
    final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final List<Sereno> open = new ArrayList<>();
    private final List<FaultyBackend> lines = new ArrayList<>();

    Sereno connect(SerenoMeter meter) {
        FaultyBackend line = new FaultyBackend(store.connect(Runnable::run), time, Runnable::run);
        Sereno sereno = Sereno.builder()
                .backend(line)
                .timeSource(time)
                .executor(Runnable::run)
                .meter(meter)
                .connect();
        open.add(sereno);
        lines.add(line);
        return sereno;
    }

    /** Ends the session of a client in the store, as if nobody had renewed its lease. */
    void endSession(Sereno sereno) {
        FaultyBackend line = lines.get(open.indexOf(sereno));
        line.endLease(line.leases().get(0)).toCompletableFuture().join();
    }

    @Override
    public void close() {
        open.forEach(Sereno::close);
    }
}
