package io.sereno.recipes.connect;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class CallbackThreadsTest {
    private final CallbackThreads threads = new CallbackThreads();

    @Test
    void aCallbackThatBlocksDelaysNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Thread> first = new CompletableFuture<>();
        CompletableFuture<Thread> second = new CompletableFuture<>();

        threads.execute(() -> {
            first.complete(Thread.currentThread());
            awaitUninterruptibly(release);
        });
        threads.execute(() -> second.complete(Thread.currentThread()));

        assertThat(second.get(10, SECONDS)).isNotSameAs(first.get(10, SECONDS));
        release.countDown();
    }

    @Test
    void threadsAreDaemonsWithANameAndTheClassesOfTheOneWhoConnected() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();

        threads.execute(() -> ran.complete(Thread.currentThread()));

        assertThat(ran.get(10, SECONDS).getName()).isEqualTo("sereno-callback-1");
        assertThat(ran.get().isDaemon()).isTrue();
        assertThat(ran.get().getContextClassLoader())
                .isSameAs(Thread.currentThread().getContextClassLoader());
    }

    @Test
    void anIdleThreadEnds() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();

        threads.execute(() -> ran.complete(Thread.currentThread()));

        ran.get(10, SECONDS).join(SECONDS.toMillis(10));
        assertThat(ran.get().isAlive()).isFalse();
    }

    @Test
    void aCallbackThatThrowsIsLoggedAndTheNextOneRuns() throws Exception {
        try (LogCapture log = new LogCapture(CallbackThreads.class)) {
            threads.execute(() -> {
                throw new AssertionError("thrown by a callback");
            });
            assertThat(log.next().getThrown()).hasMessage("thrown by a callback");
        }
        CompletableFuture<Void> next = new CompletableFuture<>();
        threads.execute(() -> next.complete(null));
        next.get(10, SECONDS);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
