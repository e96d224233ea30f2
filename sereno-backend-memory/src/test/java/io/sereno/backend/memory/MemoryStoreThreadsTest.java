package io.sereno.backend.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that need several threads. The time limits end a test that hangs; no test passes by them. */
@Timeout(60)
class MemoryStoreThreadsTest {
    private static final int THREADS = 32;

    private final MemoryStore store = new MemoryStore(new TestTime());
    private final Backend backend = store.connect(Runnable::run);
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void exactlyOneOfManyCreatorsOfAnEntrySucceeds() throws Exception {
        for (int round = 0; round < 200; round++) {
            Commit create = Commit.to("d")
                    .ifAbsent("e" + round)
                    .put("e" + round, Bytes.EMPTY)
                    .build();
            CyclicBarrier start = new CyclicBarrier(4);
            List<CommitResult> results = together(4, () -> {
                start.await();
                return backend.commit(create).toCompletableFuture().join();
            });
            assertThat(results)
                    .filteredOn(result -> result instanceof Committed)
                    .hasSize(1);
        }
    }

    @Test
    void addingByComparisonLosesAndRepeatsNothing() throws Exception {
        backend.commit(Commit.to("d").put("n", Bytes.utf8("0")).build());
        Set<Long> revisions = ConcurrentHashMap.newKeySet();
        together(THREADS, () -> {
            for (int i = 0; i < 100; i++) {
                revisions.add(addOne());
            }
            return true;
        });
        assertThat(revisions).hasSize(THREADS * 100);
        assertThat(value()).isEqualTo(THREADS * 100);
    }

    @Test
    void theNoticesOfAWatchAreSerialAndTheLastChangeIsSeen() throws Exception {
        Backend watching = store.connect(threads);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        AtomicLong seen = new AtomicLong();
        CountDownLatch end = new CountDownLatch(1);
        backend.commit(Commit.to("d").put("n", Bytes.utf8("0")).build());
        watching.watch(new Target("d", Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                if (inside.incrementAndGet() != 1) {
                    overlaps.incrementAndGet();
                }
                seen.set(value());
                if (seen.get() == 4 * 500) {
                    end.countDown();
                }
                inside.decrementAndGet();
            }

            @Override
            public void reset() {}
        });
        together(4, () -> {
            for (int i = 0; i < 500; i++) {
                addOne();
            }
            return true;
        });
        assertThat(end.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(overlaps).hasValue(0);
    }

    @Test
    void aBlockedListenerDelaysNoOther() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch reportedTwice = new CountDownLatch(2);
        CountDownLatch otherReported = new CountDownLatch(1);
        Backend watching = store.connect(threads);
        watching.watch(new Target("d", Optional.empty()), onChange(() -> {
            entered.countDown();
            awaitUninterrupted(release);
            reportedTwice.countDown();
        }));
        watching.watch(new Target("other", Optional.empty()), onChange(otherReported::countDown));
        backend.commit(Commit.to("d").put("n", Bytes.EMPTY).build());
        assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
        // All of this would hang if the listener ran under a lock.
        backend.commit(Commit.to("d").put("n", Bytes.EMPTY).build());
        backend.commit(Commit.to("other").put("n", Bytes.EMPTY).build());
        assertThat(backend.read(new Query.All("d")).toCompletableFuture().join().entries())
                .hasSize(1);
        assertThat(otherReported.await(30, TimeUnit.SECONDS)).isTrue();
        release.countDown();
        assertThat(reportedTwice.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private long addOne() {
        while (true) {
            var entry = backend.read(new Query.One("d", "n"))
                    .toCompletableFuture()
                    .join()
                    .entries()
                    .get(0);
            Bytes next = Bytes.utf8(Long.toString(Long.parseLong(entry.value().toUtf8()) + 1));
            CommitResult result = backend.commit(Commit.to("d")
                            .ifModRevision("n", entry.modRevision())
                            .put("n", next)
                            .build())
                    .toCompletableFuture()
                    .join();
            if (result instanceof Committed committed) {
                return committed.revision();
            }
        }
    }

    private long value() {
        return Long.parseLong(backend.read(new Query.One("d", "n"))
                .toCompletableFuture()
                .join()
                .entries()
                .get(0)
                .value()
                .toUtf8());
    }

    private <T> List<T> together(int count, Callable<T> work) throws InterruptedException, ExecutionException {
        List<Future<T>> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            futures.add(threads.submit(work));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(future.get());
        }
        return results;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static WatchListener onChange(Runnable action) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                action.run();
            }

            @Override
            public void reset() {}
        };
    }
}
