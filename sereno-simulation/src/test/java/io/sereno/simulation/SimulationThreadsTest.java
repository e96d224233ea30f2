package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that need several threads. The time limit ends a test that hangs; no test passes by it. */
@Timeout(60)
class SimulationThreadsTest {
    private static final int THREADS = 8;

    private final ManualTime time = new ManualTime();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final FaultyBackend backend = new FaultyBackend(new MemoryStore(time).connect(threads), time, threads);

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void tasksScheduledBySeveralThreadsRunOnce() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        List<Future<Integer>> scheduling = startOn(THREADS, thread -> {
            for (int i = 0; i < 1_000; i++) {
                Runnable cancel = time.schedule(Duration.ofMillis(i), Runnable::run, ran::incrementAndGet);
                if (i % 4 == 0) {
                    time.schedule(Duration.ofDays(1), Runnable::run, ran::incrementAndGet)
                            .run();
                    cancel.run();
                    time.schedule(Duration.ZERO, Runnable::run, ran::incrementAndGet);
                }
            }
            return 0;
        });
        while (!scheduling.stream().allMatch(Future::isDone)) {
            time.advance(Duration.ofMillis(1));
        }
        join(scheduling);
        time.advance(Duration.ofDays(2));
        // Every fourth was cancelled, perhaps after it ran; the one that took its place ran in any case.
        assertThat(ran.get()).isBetween(1_000 * THREADS, 1_250 * THREADS);
        assertThat(time.untilNext()).isEmpty();
    }

    @Test
    void aFateMeetsOneOfTwoRequestsThatFindItTogether() throws Exception {
        for (int round = 0; round < 20; round++) {
            CyclicBarrier both = new CyclicBarrier(2);
            backend.next(
                    request -> {
                        await(both);
                        return true;
                    },
                    Fate.refuse());
            List<Integer> refused = join(startOn(2, thread -> {
                Commit commit = Commit.to("d").put("e" + thread, Bytes.EMPTY).build();
                return backend.commit(commit).toCompletableFuture().isCompletedExceptionally() ? 1 : 0;
            }));
            assertThat(refused).containsExactlyInAnyOrder(0, 1);
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void pausesAndHeldNoticesLoseNothingThatSeveralThreadsDo() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        CountDownLatch sawTheLast = new CountDownLatch(1);
        backend.watch(new Target("d", Optional.empty()), new WatchListener() {
                    @Override
                    public void changed(String name, long revision) {
                        if (inside.incrementAndGet() != 1) {
                            overlaps.incrementAndGet();
                        }
                        if (name.equals("last")) {
                            sawTheLast.countDown();
                        }
                        inside.decrementAndGet();
                    }

                    @Override
                    public void reset() {}
                })
                .toCompletableFuture()
                .join();
        AtomicInteger committed = new AtomicInteger();
        List<Future<Integer>> committing = startOn(THREADS / 2, thread -> {
            for (int i = 0; i < 200; i++) {
                Commit commit =
                        Commit.to("d").put("e-" + thread + "-" + i, Bytes.EMPTY).build();
                backend.commit(commit).thenRun(committed::incrementAndGet);
            }
            return 0;
        });
        while (!committing.stream().allMatch(Future::isDone)) {
            backend.pause();
            backend.holdNotices();
            backend.resume();
            backend.releaseNotices();
        }
        join(committing);
        assertThat(committed).hasValue(200 * THREADS / 2);
        backend.commit(Commit.to("d").put("last", Bytes.EMPTY).build());
        assertThat(sawTheLast.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(overlaps).hasValue(0);
    }

    private interface Work {
        int run(int thread) throws Exception;
    }

    private List<Future<Integer>> startOn(int count, Work work) {
        List<Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int thread = i;
            Callable<Integer> task = () -> work.run(thread);
            futures.add(threads.submit(task));
        }
        return futures;
    }

    private static List<Integer> join(List<Future<Integer>> futures) throws InterruptedException, ExecutionException {
        List<Integer> results = new ArrayList<>();
        for (Future<Integer> future : futures) {
            results.add(future.get());
        }
        return results;
    }
}
