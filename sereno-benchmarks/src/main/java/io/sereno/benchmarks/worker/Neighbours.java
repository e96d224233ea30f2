package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Lock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One client acquires and releases a lock, first alone, and then beside one client in each of many other namespaces, which do the same
 * without a pause. Both halves of a window have the same length, so that a busy machine slows both.
 */
final class Neighbours implements Workload {
    private final Clients clients;
    private final Workload quiet;
    private final Crew noisy;
    private final List<Lock> locks = new ArrayList<>();

    Neighbours(Clients clients, int namespaces) {
        this.clients = clients;
        this.quiet = LockCycles.ofLock(clients, 1, 1, 0);
        this.noisy = new Crew(namespaces);
    }

    @Override
    public void open() throws Exception {
        quiet.open();
    }

    @Override
    public void fill() throws Exception {
        for (int i = 0; i < noisy.size(); i++) {
            locks.add(clients.in("neighbour" + i).connect().lock(clients.name("lock")));
        }
    }

    @Override
    public Window window(Duration length) throws Exception {
        Window alone = quiet.window(length.dividedBy(2));
        AtomicBoolean over = new AtomicBoolean();
        List<Future<Long>> cycles = new ArrayList<>();
        for (int i = 0; i < noisy.size(); i++) {
            Lock lock = locks.get(i);
            cycles.add(noisy.start(i, () -> repeat(lock, over)));
        }
        Window beside = quiet.window(length.dividedBy(2));
        over.set(true);
        long others = 0;
        for (Future<Long> done : cycles) {
            others += Crew.result(done);
        }
        List<String> faults = new ArrayList<>(alone.faults());
        faults.addAll(beside.faults());
        return new Window(beside.figures(), faults)
                .with("of the rate alone", rate(beside) / rate(alone))
                .with("neighbours per second", others / figure(beside, "seconds"));
    }

    private static long repeat(Lock lock, AtomicBoolean over) throws Exception {
        long cycles = 0;
        do {
            lock.acquire();
            lock.release();
            cycles++;
        } while (!over.get());
        return cycles;
    }

    private static double rate(Window window) {
        return figure(window, "ops") / figure(window, "seconds");
    }

    private static double figure(Window window, String name) {
        return window.figures().getOrDefault(name, Double.NaN);
    }
}
