package io.sereno.tck.faults;

import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Faults made by a decorator over a backend that has no network. */
public final class SimulatedFaults implements Faults {
    private final FaultyBackend backend;
    private final Duration patience;
    private final AtomicLong sent = new AtomicLong();
    private final List<Runnable> ends = new ArrayList<>();
    private int cuts;

    /** The patience is the client's operation timeout. */
    public SimulatedFaults(FaultyBackend backend, Duration patience) {
        this.backend = backend;
        this.patience = patience;
        backend.each(
                request -> {
                    sent.incrementAndGet();
                    return false;
                },
                Fate.pass());
    }

    private void each(Fate fate) {
        ends.add(backend.each(request -> true, fate));
    }

    private void healRules() {
        ends.forEach(Runnable::run);
        ends.clear();
    }

    @Override
    public void cutOff() {
        backend.cutOff(patience);
    }

    @Override
    public void holdReplies() {
        each(Fate.loseReply().givenUpAfter(patience));
    }

    @Override
    public void holdRequests(Duration atLeast) {
        each(Fate.applyLate(atLeast).givenUpAfter(patience));
    }

    @Override
    public void swallowRequests() {
        each(Fate.loseRequest().givenUpAfter(patience));
    }

    @Override
    public void cutReplies(int afterBytes) {
        // Half of the cut answers lose only the read that came with them.
        cuts++;
        each(cuts % 2 == 0 ? Fate.loseSnapshot() : Fate.loseReply());
    }

    @Override
    public void cutRequests(int afterBytes) {
        each(Fate.loseRequest());
    }

    @Override
    public void slow(Duration delay) {
        each(Fate.delayReply(delay));
    }

    @Override
    public void breakConnections() {
        backend.cutOff(Duration.ZERO);
        backend.heal();
    }

    @Override
    public void endConnections() {
        breakConnections();
    }

    @Override
    public void refuse() {
        each(Fate.refuse());
    }

    @Override
    public void beSilent() {
        cutOff();
    }

    @Override
    public void heal() {
        healRules();
        backend.heal();
    }

    @Override
    public long sent() {
        return sent.get();
    }

    @Override
    public void close() {
        healRules();
    }
}
