package io.sereno.benchmarks;

import io.sereno.IdGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Threads that generate ids with one generator. Each thread checks that the ids rise, also above all ids that any
 * thread had generated before.
 */
final class IdSeries {
    private final IdGenerator ids;
    private final int threads;
    private long highest = -1;

    IdSeries(int threads, IdGenerator ids) {
        this.threads = threads;
        this.ids = ids;
    }

    /** Ids per second. */
    double window(Duration length) throws InterruptedException, ExecutionException {
        List<Callable<long[]>> work = new ArrayList<>();
        long before = highest;
        for (int i = 0; i < threads; i++) {
            work.add(() -> {
                long end = System.nanoTime() + length.toNanos();
                long last = before;
                long made = 0;
                while (System.nanoTime() - end < 0) {
                    long id = ids.nextId();
                    if (id <= last) {
                        throw new IllegalStateException("id " + id + " came after " + last);
                    }
                    last = id;
                    made++;
                }
                return new long[] {made, last};
            });
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            long start = System.nanoTime();
            long made = 0;
            for (Future<long[]> done : executor.invokeAll(work)) {
                made += done.get()[0];
                highest = Math.max(highest, done.get()[1]);
            }
            return made / ((System.nanoTime() - start) / 1e9);
        } finally {
            executor.shutdown();
        }
    }
}
