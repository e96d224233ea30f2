package io.sereno.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sereno.simulation.ManualTime;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThreadsTest {
    private final Threads threads = new Threads();
    private final AtomicBoolean over = new AtomicBoolean();

    @AfterEach
    void close() {
        over.set(true);
        threads.close();
    }

    /** Other threads want more CPUs than there are, so a thread that is woken up has to wait for one. */
    @Test
    void aThreadThatIsWokenUpAndWaitsForACpuIsWaitedFor() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/thread-self")), "only Linux says which threads wait for a CPU");
        List<Thread> load = new ArrayList<>();
        for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) {
            Thread spinning = new Thread(() -> {
                while (!over.get()) {
                    Thread.onSpinWait();
                }
            });
            spinning.setDaemon(true);
            spinning.start();
            load.add(spinning);
        }
        SynchronousQueue<Integer> news = new SynchronousQueue<>();
        AtomicInteger last = new AtomicInteger();
        threads.execute(() -> {
            try {
                while (true) {
                    last.set(news.take());
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        for (int i = 1; i <= 100; i++) {
            threads.settle();
            news.put(i);
            threads.settle();
            assertThat(last).hasValue(i);
        }
        over.set(true);
        for (Thread spinning : load) {
            spinning.join();
        }
    }

    /** Each of the 600 steps would take 10 s if it waited for the thread. */
    @Test
    void aThreadThatReadsFromASocketDoesNotDelayTheTime() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CountDownLatch begun = new CountDownLatch(1);
            VirtualClock clock = new VirtualClock(new ManualTime(), threads);
            CompletableFuture<?> unused = clock.begin(() -> {
                begun.countDown();
                return server.accept();
            });
            begun.await();
            clock.advance(Duration.ofMinutes(10));
            assertThat(clock.elapsed()).isEqualTo(Duration.ofMinutes(10));
        }
    }

    @Test
    void aWaitEndsIfAnotherThreadHasMovedTheTimeBeyondItsEnd() throws Exception {
        ManualTime time = new ManualTime();
        boolean met = new VirtualClock(time, threads)
                .passUntil(
                        () -> {
                            time.advance(Duration.ofSeconds(5));
                            return false;
                        },
                        Duration.ofSeconds(1));
        assertThat(met).isFalse();
    }

    @Test
    void theTimerOfRealTimeEndsWithItsTest() throws Exception {
        RealClock clock = new RealClock(threads);
        SynchronousQueue<Thread> timer = new SynchronousQueue<>();
        clock.schedule(Duration.ZERO, Runnable::run, () -> {
            try {
                timer.put(Thread.currentThread());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Thread thread = timer.take();
        clock.schedule(Duration.ofDays(1), Runnable::run, () -> {});
        clock.close();
        thread.join(Duration.ofSeconds(30).toMillis());
        assertThat(thread.isAlive()).isFalse();
    }
}
