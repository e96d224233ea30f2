package io.sereno.benchmarks.worker;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** Threads that stay the same from call to call, since some systems' locks belong to threads. */
final class Crew {
    private static final long LONGEST = Duration.ofMinutes(2).toNanos();

    private static final int LOOKS = 10;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final List<ExecutorService> threads = new ArrayList<>();
    /** The threads that have a task now, by number. */
    private final Map<Integer, Thread> working = new ConcurrentHashMap<>();

    /** One thread's work. */
    interface Task {
        void run(int thread) throws Exception;
    }

    private interface Question<T> {
        T answer(int thread) throws Exception;
    }

    /** One operation; false if it gave up. */
    interface Operation {
        boolean run(int thread) throws Exception;
    }

    /**
     * @param cpuNanos which the threads used
     * @param fairness Jain's index over the threads: 1 if all did the same number of operations
     */
    record Work(long operations, long gaveUp, double seconds, long cpuNanos, double fairness, Histogram nanos) {
        Window window(Checks checks) {
            return Window.of(operations, seconds, checks)
                    .with(nanos)
                    .with("cpu", cpuNanos / 1e3 / operations)
                    .with("fairness", fairness)
                    .with("gave up", (double) gaveUp);
        }
    }

    private record Share(long operations, long gaveUp, long cpuNanos, Histogram nanos) {}

    Crew(int size) {
        for (int i = 0; i < size; i++) {
            threads.add(Executors.newSingleThreadExecutor(Crew::daemon));
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "crew");
        thread.setDaemon(true);
        return thread;
    }

    int size() {
        return threads.size();
    }

    <T> Future<T> start(int thread, Callable<T> task) {
        return threads.get(thread).submit(() -> {
            working.put(thread, Thread.currentThread());
            try {
                return task.call();
            } finally {
                working.remove(thread);
            }
        });
    }

    /**
     * Waits until this many threads have a task and all of them are blocked, at each look for a second: they wait for others, and no longer
     * for the answers to their requests.
     */
    void awaitBlocked(int count) throws InterruptedException {
        long end = System.nanoTime() + LONGEST;
        for (int looks = 0; looks < LOOKS; looks = areBlocked(count) ? looks + 1 : 0) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(count + " threads should wait, and these do not: " + working.values());
            }
            Thread.sleep(1_000 / LOOKS);
        }
    }

    private boolean areBlocked(int count) {
        return working.size() == count
                && working.values().stream().noneMatch(thread -> thread.getState() == Thread.State.RUNNABLE);
    }

    /** Runs the task in each thread, and waits for all. */
    void each(Task task) throws Exception {
        List<Boolean> unused = all(thread -> {
            task.run(thread);
            return true;
        });
    }

    private <T> List<T> all(Question<T> question) throws Exception {
        List<Future<T>> started = new ArrayList<>();
        for (int i = 0; i < threads.size(); i++) {
            int thread = i;
            started.add(start(thread, () -> question.answer(thread)));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : started) {
            results.add(result(future));
        }
        return results;
    }

    static <T> T result(Future<T> future) throws Exception {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /**
     * Repeats the operation in each thread. All threads begin together; each completes the operation that is running when the time is
     * over, and at least one.
     */
    Work repeat(Duration length, Operation operation) throws Exception {
        CyclicBarrier together = new CyclicBarrier(threads.size());
        long start = System.nanoTime();
        List<Share> shares = all(thread -> {
            Histogram nanos = new Histogram(LONGEST, 2);
            together.await();
            long used = THREADS.getCurrentThreadCpuTime();
            long begun = System.nanoTime();
            long end = begun + length.toNanos();
            long operations = 0;
            long gaveUp = 0;
            do {
                if (operation.run(thread)) {
                    operations++;
                } else {
                    gaveUp++;
                }
                long now = System.nanoTime();
                nanos.recordValue(Math.min(now - begun, LONGEST));
                begun = now;
            } while (begun - end < 0);
            return new Share(operations, gaveUp, THREADS.getCurrentThreadCpuTime() - used, nanos);
        });
        double seconds = (System.nanoTime() - start) / 1e9;
        Histogram all = new Histogram(LONGEST, 2);
        shares.forEach(share -> all.add(share.nanos));
        double sum = shares.stream().mapToDouble(Share::operations).sum();
        double squares = shares.stream()
                .mapToDouble(share -> (double) share.operations * share.operations)
                .sum();
        return new Work(
                (long) sum,
                shares.stream().mapToLong(Share::gaveUp).sum(),
                seconds,
                shares.stream().mapToLong(Share::cpuNanos).sum(),
                squares == 0 ? 0 : sum * sum / (shares.size() * squares),
                all);
    }
}
