package io.sereno.junit;

import java.lang.Thread.State;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The threads of all nodes of a test. Knows when they have done what they can. */
final class Threads implements Executor {
    /** A thread that has worked for so long in one wait for it, as in a loop, is not waited for. */
    private static final long BUSY_NANOS = 10_000_000;

    /** Between two looks. */
    private static final long LOOK_NANOS = 50_000;

    private static final long MOST_NANOS = 10_000_000_000L;
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    private final ExecutorService pool = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "sereno-test");
        thread.setDaemon(true);
        return thread;
    });

    private final Set<Thread> working = ConcurrentHashMap.newKeySet();
    private final AtomicLong submitted = new AtomicLong();
    private final AtomicLong begun = new AtomicLong();

    @Override
    public void execute(Runnable task) {
        submitted.incrementAndGet();
        pool.execute(() -> {
            working.add(Thread.currentThread());
            begun.incrementAndGet();
            try {
                task.run();
            } finally {
                working.remove(Thread.currentThread());
            }
        });
    }

    /**
     * Waits in real time until each thread waits for something, has ended its task, or has worked for long. A thread
     * that was woken up and has not run yet looks as if it waited, so two looks with a pause in between have to agree.
     */
    void settle() {
        Map<Thread, Long> since = new HashMap<>();
        long begin = System.nanoTime();
        long seen = -1;
        while (System.nanoTime() - begin < MOST_NANOS) {
            LockSupport.parkNanos(LOOK_NANOS);
            long now = submitted.get();
            if (now == begun.get() && working.stream().allMatch(thread -> isDone(thread, since))) {
                if (seen == now) {
                    return;
                }
                seen = now;
            } else {
                seen = -1;
            }
        }
    }

    private static boolean isDone(Thread thread, Map<Thread, Long> since) {
        State state = thread.getState();
        if (state != State.RUNNABLE && state != State.NEW) {
            return true;
        }
        long used = CPU.getThreadCpuTime(thread.getId());
        return used < 0 || used - since.computeIfAbsent(thread, first -> used) > BUSY_NANOS;
    }

    void close() {
        pool.shutdownNow();
    }
}
