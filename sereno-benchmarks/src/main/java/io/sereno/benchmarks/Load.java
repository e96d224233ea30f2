package io.sereno.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that pass through one section again and again, with one way of locking. */
final class Load {
    /** Locks, calls {@link Section#pass} once, unlocks. */
    interface Cycle {
        void pass(Section section) throws InterruptedException;
    }

    private final Cycle cycle;
    private final int threads;
    private final Section section = new Section();
    private long expected;

    Load(int threads, Cycle cycle) {
        this.threads = threads;
        this.cycle = cycle;
    }

    /**
     * Cycles per second. All threads begin together; each completes the cycle that is running when the time is over,
     * and at least one.
     */
    double window(Duration length) throws InterruptedException, ExecutionException {
        CountDownLatch ready = new CountDownLatch(threads);
        List<Callable<Long>> work = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            work.add(() -> {
                ready.countDown();
                ready.await();
                long end = System.nanoTime() + length.toNanos();
                long cycles = 0;
                do {
                    cycle.pass(section);
                    cycles++;
                } while (System.nanoTime() - end < 0);
                return cycles;
            });
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            long start = System.nanoTime();
            long cycles = 0;
            for (Future<Long> done : executor.invokeAll(work)) {
                cycles += done.get();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            expected += cycles;
            if (section.passed() != expected) {
                throw new IllegalStateException(expected + " cycles, but " + section.passed() + " were counted inside");
            }
            return cycles / seconds;
        } finally {
            executor.shutdown();
        }
    }
}
