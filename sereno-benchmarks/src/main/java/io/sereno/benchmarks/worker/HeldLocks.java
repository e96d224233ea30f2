package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Lock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Eight threads of one client acquire many locks, each its share; all are held until the next window. */
final class HeldLocks implements Workload {
    private final Clients clients;
    private final int size;
    private final Crew crew = new Crew(8);
    private final Checks checks = new Checks();
    private final List<List<Lock>> locks = new ArrayList<>();
    private boolean held;

    HeldLocks(Clients clients, int size) {
        this.clients = clients;
        this.size = size;
    }

    @Override
    public void open() throws Exception {
        Peer peer = clients.connect();
        for (int thread = 0; thread < crew.size(); thread++) {
            locks.add(new ArrayList<>());
        }
        for (int i = 0; i < size; i++) {
            locks.get(i % crew.size()).add(peer.lock(clients.name(Integer.toString(i, Character.MAX_RADIX))));
        }
    }

    @Override
    public void fill() throws Exception {
        acquire();
    }

    @Override
    public Window window(Duration length) throws Exception {
        if (held) {
            release();
        }
        long start = System.nanoTime();
        acquire();
        double seconds = (System.nanoTime() - start) / 1e9;
        check();
        return Window.of(size, seconds, checks);
    }

    /** Nothing to do but to check: all locks are held since they were acquired. */
    @Override
    public void hold() throws Exception {
        check();
    }

    private void acquire() throws Exception {
        crew.each(thread -> {
            for (Lock lock : locks.get(thread)) {
                lock.acquire();
            }
        });
        held = true;
    }

    private void release() throws Exception {
        crew.each(thread -> {
            for (Lock lock : locks.get(thread)) {
                lock.release();
            }
        });
        held = false;
    }

    private void check() throws Exception {
        crew.each(thread -> {
            for (Lock lock : locks.get(thread)) {
                if (!lock.held()) {
                    checks.fault("a lock is not held");
                }
            }
        });
    }
}
