package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Lock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/** Threads of one or more clients that acquire and release one lock, or a permit of one pool. */
final class LockCycles implements Workload {
    private final Clients clients;
    private final int count;
    private final Crew crew;
    private final int idle;
    private final int permits;
    private final Checks checks = new Checks();
    private final Section section;
    private final List<Lock> locks = new ArrayList<>();
    private final List<Future<?>> waiting = new ArrayList<>();
    private long cycles;

    /** @param idle further clients, which hold a lock each and do nothing */
    static LockCycles ofLock(Clients clients, int count, int threadsOfEach, int idle) {
        return new LockCycles(clients, count, threadsOfEach, idle, 0);
    }

    /** Of one thread of each client, and a pool of so many permits. */
    static LockCycles ofPermits(Clients clients, int count, int permits) {
        return new LockCycles(clients, count, 1, 0, permits);
    }

    private LockCycles(Clients clients, int count, int threadsOfEach, int idle, int permits) {
        this.clients = clients;
        this.count = count;
        this.crew = new Crew(count * threadsOfEach);
        this.idle = idle;
        this.permits = permits;
        this.section = new Section(checks, Math.max(1, permits));
    }

    @Override
    public void open() throws Exception {
        List<Peer> peers = clients.connect(count);
        for (int thread = 0; thread < crew.size(); thread++) {
            Peer peer = peers.get(thread % count);
            String name = clients.name("lock");
            locks.add(permits == 0 ? peer.lock(name) : peer.permit(name, permits));
        }
    }

    @Override
    public void fill() throws Exception {
        int number = 0;
        for (Peer peer : clients.connect(idle)) {
            peer.lock(clients.name("idle" + number++)).acquire();
        }
    }

    @Override
    public Window window(Duration length) throws Exception {
        Crew.Work work = crew.repeat(length, thread -> {
            section.enter(locks.get(thread).acquire());
            section.leave();
            locks.get(thread).release();
            return true;
        });
        cycles += work.operations();
        section.expect(cycles);
        return work.window(checks);
    }

    /** One caller holds the lock; returns when all others wait for it. */
    @Override
    public void hold() throws Exception {
        Lock first = locks.get(0);
        Crew.result(crew.start(0, first::acquire));
        for (int thread = 1; thread < crew.size(); thread++) {
            Lock lock = locks.get(thread);
            waiting.add(crew.start(thread, () -> {
                lock.acquire();
                lock.release();
                return null;
            }));
        }
        crew.awaitBlocked(waiting.size());
    }

    @Override
    public void letGo() throws Exception {
        Lock first = locks.get(0);
        Crew.result(crew.start(0, () -> {
            first.release();
            return null;
        }));
        for (Future<?> waiter : waiting) {
            Crew.result(waiter);
        }
        waiting.clear();
    }
}
