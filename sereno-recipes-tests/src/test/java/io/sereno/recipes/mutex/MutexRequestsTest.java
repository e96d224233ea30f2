package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LockView;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests for a mutex that do not end by an interrupt, and requests that no thread waits for. */
@Timeout(60)
class MutexRequestsTest {
    private static final LockView NOBODY = new LockView(List.of(), List.of());

    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final Sereno two = clients.connect("two");
    private final Mutex mine = one.mutex("x");
    private final Mutex theirs = two.mutex("x");

    @AfterEach
    void close() {
        Thread.interrupted();
        clients.close();
    }

    @Test
    void anUninterruptibleAcquireReturnsAGrantAndKeepsTheFlag() throws Exception {
        Grant held = mine.acquire();
        AtomicReference<Thread> waiter = new AtomicReference<>();
        CompletableFuture<Grant> result = Threads.inThread(() -> {
            waiter.set(Thread.currentThread());
            Grant grant = theirs.acquireUninterruptibly();
            assertThat(Thread.interrupted()).isTrue();
            return grant;
        });
        Threads.awaitWaiters(mine, 1);
        Threads.parked(waiter).interrupt();
        assertThat(mine.inspect().waiters()).hasSize(1);
        held.release();
        Grant grant = result.get(10, TimeUnit.SECONDS);
        assertThat(grant.isHeld()).isTrue();
        assertThat(grant.fencingToken()).isGreaterThan(held.fencingToken());
        grant.release();
        one.close();
        assertThatThrownBy(mine::acquireUninterruptibly).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void anAsynchronousRequestCompletesWithAGrantWhenItsTurnHasCome() throws Exception {
        Grant held = mine.acquire();
        CompletableFuture<Grant> request = theirs.acquireAsync();
        Threads.awaitWaiters(mine, 1);
        assertThat(request).isNotDone();
        held.release();
        Grant grant = request.get(10, TimeUnit.SECONDS);
        assertThat(grant.isHeld()).isTrue();
        grant.release();
        assertThat(mine.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void anAsynchronousRequestWaitsInLineWithTheCallsOfItsClient() throws Exception {
        Grant held = mine.acquire();
        CompletableFuture<Grant> first = mine.acquireAsync();
        CompletableFuture<Grant> second = mine.acquireAsync();
        held.release();
        Grant grant = first.get(10, TimeUnit.SECONDS);
        assertThat(second).isNotDone();
        grant.release();
        second.get(10, TimeUnit.SECONDS).release();
    }

    @Test
    void aCancelledRequestLeavesTheQueueAndIsNotGranted() throws Exception {
        Grant held = mine.acquire();
        CompletableFuture<Grant> request = theirs.acquireAsync();
        Threads.awaitWaiters(mine, 1);
        assertThat(request.cancel(false)).isTrue();
        awaitNoWaiter();
        held.release();
        assertThat(mine.inspect()).isEqualTo(NOBODY);
        assertThatThrownBy(request::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void aRequestWhoseFutureEndsInAnotherWayIsWithdrawnToo() throws Exception {
        Grant held = mine.acquire();
        CompletableFuture<Grant> request = theirs.acquireAsync();
        Threads.awaitWaiters(mine, 1);
        request.completeExceptionally(new IllegalStateException("of the user"));
        awaitNoWaiter();
        CompletableFuture<Grant> other = theirs.acquireAsync();
        Threads.awaitWaiters(mine, 1);
        other.complete(held);
        awaitNoWaiter();
        held.release();
        assertThat(mine.inspect()).isEqualTo(NOBODY);
    }

    /** The grant is on its way when the future is cancelled: whoever is later finds the other's result. */
    @Test
    void aRequestThatIsCancelledAsItIsGrantedIsEitherGrantedOrGone() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            Grant held = mine.acquire();
            CompletableFuture<Grant> request = mine.acquireAsync();
            CompletableFuture<Boolean> cancelled = CompletableFuture.supplyAsync(() -> request.cancel(true));
            held.release();
            if (!cancelled.get(10, TimeUnit.SECONDS)) {
                request.get(10, TimeUnit.SECONDS).release();
            }
            try (Grant next = mine.acquire()) {
                assertThat(next.isHeld()).isTrue();
            }
        }
        assertThat(theirs.tryAcquire(Duration.ofSeconds(5))).isPresent();
    }

    /** As above, in the order that is rare: the mutex is granted, and the future is cancelled before it completes. */
    @Test
    void aGrantWhoseFutureIsCancelledBeforeItCompletesIsReleased() {
        Queue<Runnable> completions = new ConcurrentLinkedQueue<>();
        Settings settings = new Settings(
                "three",
                "",
                Clients.TTL,
                Clients.OPERATION_TIMEOUT,
                clients.time,
                clients.callbacks,
                completions::add,
                Hooks.NONE,
                "memory",
                List.of());
        try (Sereno three = new SerenoClient(settings, clients.store.connect(clients.callbacks), false)) {
            CompletableFuture<Grant> request = three.mutex("x").acquireAsync();
            clients.passUntil(() -> !completions.isEmpty(), Duration.ofSeconds(1));
            assertThat(mine.inspect().holders()).hasSize(1);
            assertThat(request.cancel(true)).isTrue();
            completions.forEach(Runnable::run);
            clients.passUntil(() -> mine.inspect().equals(NOBODY), Duration.ofSeconds(1));
            assertThat(theirs.tryAcquire()).isPresent();
        }
    }

    @Test
    void aRequestThatIsInFlightWhenItIsCancelledIsTakenOutAgain() {
        FaultyBackend line = clients.line();
        Mutex mutex = clients.connect("three", line).mutex("x");
        line.next(Request.commitsTo("lock/x"), Fate.delayRequest(Duration.ofSeconds(4)));
        CompletableFuture<Grant> request = mutex.acquireAsync();
        assertThat(request.cancel(true)).isTrue();
        clients.time.advance(Duration.ofSeconds(10));
        clients.passUntil(() -> mine.inspect().equals(NOBODY), Duration.ofSeconds(1));
    }

    @Test
    void theEndOfTheClientFailsTheRequest() throws Exception {
        try (Grant held = mine.acquire()) {
            CompletableFuture<Grant> request = theirs.acquireAsync();
            Threads.awaitWaiters(mine, 1);
            two.close();
            assertThatThrownBy(() -> request.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
            assertThatThrownBy(() -> theirs.acquireAsync().get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(SerenoClosedException.class);
            assertThat(held.isHeld()).isTrue();
        }
    }

    /** The store has removed the entry within a grace period, which needs no time here. */
    private void awaitNoWaiter() {
        while (!mine.inspect().waiters().isEmpty()) {
            Thread.onSpinWait();
        }
    }
}
