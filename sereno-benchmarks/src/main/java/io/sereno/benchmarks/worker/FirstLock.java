package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Lock;
import java.time.Duration;

/** A new process connects and acquires its first lock. */
final class FirstLock implements Workload {
    private final Clients clients;

    FirstLock(Clients clients) {
        this.clients = clients;
    }

    @Override
    public void open() {}

    @Override
    public Window window(Duration length) throws Exception {
        long start = System.nanoTime();
        Checks checks = new Checks();
        Lock lock = clients.connect().lock(clients.name("lock"));
        lock.acquire();
        if (!lock.held()) {
            checks.fault("the lock is not held");
        }
        return Window.of(1, (System.nanoTime() - start) / 1e9, checks);
    }
}
