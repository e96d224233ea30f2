package io.sereno.benchmarks;

import io.sereno.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Adds one to a counter again and again, and checks the total at the end. */
final class Additions {
    private final Counter counter;
    private long expected;

    Additions(Counter counter) {
        this.counter = counter;
    }

    /** Additions per second of one thread that waits for none of them, until all have completed. */
    double async(int count) throws InterruptedException {
        CountDownLatch reported = new CountDownLatch(count);
        AtomicLong highest = new AtomicLong();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            CompletionStage<Long> unused = counter.addAsync(1).whenComplete((sum, failure) -> {
                if (failure == null) {
                    highest.accumulateAndGet(sum, Math::max);
                }
                reported.countDown();
            });
        }
        reported.await();
        double seconds = (System.nanoTime() - start) / 1e9;
        expected += count;
        check(highest.get());
        check(counter.get());
        return count / seconds;
    }

    /**
     * Additions per second of several threads, each of which waits for the sum before it adds again, and adds at least
     * once.
     */
    double blocking(int threads, Duration length) throws InterruptedException, ExecutionException {
        List<Callable<Long>> work = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            work.add(() -> {
                long end = System.nanoTime() + length.toNanos();
                long last = 0;
                long count = 0;
                do {
                    long sum = counter.addAndGet(1);
                    if (sum <= last) {
                        throw new IllegalStateException("sum " + sum + " came after " + last);
                    }
                    last = sum;
                    count++;
                } while (System.nanoTime() - end < 0);
                return count;
            });
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            long start = System.nanoTime();
            long count = 0;
            for (Future<Long> done : executor.invokeAll(work)) {
                count += done.get();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            expected += count;
            check(counter.get());
            return count / seconds;
        } finally {
            executor.shutdown();
        }
    }

    private void check(long sum) {
        if (sum != expected) {
            throw new IllegalStateException(expected + " were added, and the sum is " + sum);
        }
    }
}
