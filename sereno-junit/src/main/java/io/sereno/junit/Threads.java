package io.sereno.junit;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The threads of all nodes of a test. Knows when they have done what they can. */
final class Threads implements Executor {
    /** Between two looks. */
    private static final long LOOK_NANOS = 50_000;

    private static final long MOST_NANOS = 10_000_000_000L;

    /** Looks that have to agree. Where the system does not say which threads wait for a CPU, each gets many chances. */
    private static final int LOOKS = 2;

    private static final int LOOKS_WITHOUT_SYSTEM = 20;

    private final ExecutorService pool = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "sereno-test");
        thread.setDaemon(true);
        return thread;
    });

    private final ThreadLocal<Worker> workers = ThreadLocal.withInitial(Worker::new);
    private final Set<Worker> working = ConcurrentHashMap.newKeySet();
    private final AtomicLong submitted = new AtomicLong();
    private final AtomicLong begun = new AtomicLong();

    @Override
    public void execute(Runnable task) {
        submitted.incrementAndGet();
        pool.execute(() -> {
            Worker worker = workers.get();
            working.add(worker);
            begun.incrementAndGet();
            try {
                task.run();
            } finally {
                working.remove(worker);
            }
        });
    }

    /**
     * Waits in real time until each thread waits for something, has ended its task, or has worked for long. In Java, a
     * thread that was woken up and has not run yet looks as if it waited. Linux knows better; elsewhere, many looks
     * have to agree, which a machine under load may outlast.
     */
    void settle() {
        working.forEach(Worker::begin);
        long begin = System.nanoTime();
        long seen = -1;
        int agreed = 0;
        while (System.nanoTime() - begin < MOST_NANOS) {
            LockSupport.parkNanos(LOOK_NANOS);
            long now = submitted.get();
            if (now != begun.get() || !working.stream().allMatch(Worker::isDone)) {
                agreed = 0;
                continue;
            }
            agreed = seen == now ? agreed + 1 : 1;
            seen = now;
            if (agreed >= (working.stream().allMatch(Worker::isWatched) ? LOOKS : LOOKS_WITHOUT_SYSTEM)) {
                return;
            }
        }
    }

    void close() {
        pool.shutdownNow();
    }
}
