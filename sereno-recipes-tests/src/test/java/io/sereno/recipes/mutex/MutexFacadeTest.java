package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LockView;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.PendingTimers;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.kernel.Hold;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Query;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The mutex as its callers see it: waiting, interrupts, timeouts, errors, the {@link Lock} view. */
@Timeout(60)
@SuppressWarnings("LockNotBeforeTry") // The lock itself is what is tried.
class MutexFacadeTest {
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
    void anInterruptBeforeTheCallFailsWithoutAnyRequest() {
        FaultyBackend line = clients.line();
        Mutex mutex = clients.connect("three", line).mutex("x");
        line.each(Request.commitsTo("lock/x"), Fate.refuse());
        Thread.currentThread().interrupt();
        assertThatThrownBy(mutex::acquire).isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void anInterruptWhileOthersHoldTakesTheRequestOutOfTheStore() throws Exception {
        Grant held = mine.acquire();
        Threads.interruptWhenWaiting(theirs::acquire);
        assertThat(mine.inspect().waiters()).isEmpty();
        held.release();
        assertThat(theirs.tryAcquire()).isPresent();
    }

    @Test
    void anInterruptEndsEveryWayToWaitAndLeavesNothing() throws Exception {
        Grant held = mine.acquire();
        Threads.interruptWhenWaiting(() -> theirs.tryAcquire(Duration.ofHours(1)));
        Threads.interruptWhenWaiting(() -> theirs.call(Grant::fencingToken));
        Threads.interruptWhenWaiting(() -> {
            theirs.asLock().lockInterruptibly();
            return "locked";
        });
        Threads.interruptWhenWaiting(() -> theirs.asLock().tryLock(1, TimeUnit.HOURS));
        assertThat(mine.inspect().waiters()).isEmpty();
        held.release();
        assertThat(theirs.tryAcquire()).isPresent();
    }

    @Test
    void aWaitForTheStoreAloneCompletesAndKeepsTheInterruptFlag() throws Exception {
        Grant held = mine.acquire();
        Thread.currentThread().interrupt();
        assertThat(theirs.tryAcquire()).isEmpty();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(theirs.inspect().holders()).hasSize(1);
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        held.release();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        Grant next = theirs.tryAcquire().orElseThrow();
        next.close();
        two.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(mine.inspect()).isEqualTo(new LockView(List.of(), List.of()));
    }

    @Test
    void anInterruptInLineBehindOneOfOurOwnTakesTheRequestOut() throws Exception {
        Grant held = mine.acquire();
        Threads.interruptWhenWaiting(mine::acquire);
        held.release();
        assertThat(mine.inspect()).isEqualTo(new LockView(List.of(), List.of()));
    }

    @Test
    void anInterruptWhileTheStoreIsOutOfReachTakesEffectWithinAGrace() throws Exception {
        FaultyBackend line = clients.line();
        Mutex mutex = clients.connect("three", line).mutex("x");
        line.next(Request.commitsTo("lock/x"), Fate.delayRequest(Duration.ofSeconds(4)));
        AtomicReference<Thread> waiter = new AtomicReference<>();
        CompletableFuture<Grant> result = Threads.inThread(() -> {
            waiter.set(Thread.currentThread());
            return mutex.acquire();
        });
        Threads.parked(waiter).interrupt();
        clients.passUntilDone(result, Duration.ofSeconds(1));
        assertThatThrownBy(result::join).hasCauseInstanceOf(InterruptedException.class);
        // The request arrives after all, and is taken out again.
        clients.time.advance(Duration.ofSeconds(10));
        assertThat(mine.inspect()).isEqualTo(new LockView(List.of(), List.of()));
    }

    @Test
    void aTimeoutBehindOthersIsEmptyAndLeavesNothing() throws Exception {
        Grant held = mine.acquire();
        CompletableFuture<Optional<Grant>> attempt = Threads.inThread(() -> theirs.tryAcquire(Duration.ofSeconds(3)));
        Threads.awaitWaiters(mine, 1);
        clients.time.advance(Duration.ofMillis(2_999));
        assertThat(attempt).isNotDone();
        // The thread may set its timer only now; the time still counts from its call.
        clients.passUntilDone(attempt, Duration.ofMillis(500));
        assertThat(attempt.get()).isEmpty();
        assertThat(mine.inspect().waiters()).isEmpty();
        held.release();
    }

    @Test
    void aTimeoutWithoutAStoreIsAnErrorThatSaysWhatToDo() {
        FaultyBackend line = clients.line();
        line.each(request -> request instanceof Request.GrantLease, Fate.refuse());
        Mutex mutex = clients.connect("three", line).mutex("x");
        CompletableFuture<Optional<Grant>> attempt = Threads.inThread(() -> mutex.tryAcquire(Duration.ofSeconds(3)));
        clients.passUntilDone(attempt, Duration.ofSeconds(5));
        assertThatThrownBy(attempt::join)
                .hasCauseInstanceOf(NotAppliedException.class)
                .hasMessageContaining("tryAcquire of mutex 'x' on memory")
                .hasMessageContaining("may be repeated");
    }

    @Test
    void aTimeoutOfZeroDoesNotWaitAndAHugeOneNeverEnds() throws Exception {
        try (Grant held = mine.acquire()) {
            assertThat(theirs.tryAcquire(Duration.ZERO)).isEmpty();
            assertThat(held.isHeld()).isTrue();
        }
        assertThat(theirs.tryAcquire(Duration.ofSeconds(Long.MAX_VALUE))).isPresent();
    }

    @Test
    void badArgumentsAreRefusedBeforeAnyRequest() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mine.tryAcquire(Duration.ofNanos(-1)))
                .withMessageContaining("zero or more is accepted");
        assertThatNullPointerException().isThrownBy(() -> mine.tryAcquire(Threads.nothing()));
        assertThatNullPointerException().isThrownBy(() -> mine.call(Threads.nothing()));
        assertThatNullPointerException().isThrownBy(() -> one.mutex(Threads.nothing()));
        assertThatIllegalArgumentException().isThrownBy(() -> one.mutex(""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.mutex("n".repeat(401)))
                .withMessageContaining("401");
        assertThatIllegalArgumentException().isThrownBy(() -> one.mutex("half \ud83d"));
        assertThat(one.mutex("n".repeat(400)).tryAcquire()).isPresent();
    }

    @Test
    void badStateIsReportedAndChangesNothing() throws Exception {
        Grant grant = mine.acquire();
        grant.release();
        assertThatThrownBy(grant::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("before");
        grant.close();
        assertThat(grant.lost().toCompletableFuture()).isNotDone();
        assertThat(grant.remaining()).isZero();
        one.close();
        one.close();
        assertThatThrownBy(mine::acquire).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(mine::tryAcquire).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(mine::inspect).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void callersCannotCompleteTheSignalOfALoss() throws Exception {
        try (Grant grant = mine.acquire()) {
            assertThat(grant.lost().toCompletableFuture().complete(LossCause.ENTRY_REMOVED))
                    .isTrue();
            assertThat(grant.lost().toCompletableFuture()).isNotDone();
            assertThat(grant.isHeld()).isTrue();
        }
    }

    @Test
    void aCallReleasesHoweverItsWorkEnds() throws Exception {
        long token = mine.call(Grant::fencingToken);
        assertThatThrownBy(() -> mine.call(grant -> {
                    throw new IOException("of the work");
                }))
                .isInstanceOf(IOException.class);
        long later = mine.call(grant -> {
            grant.release();
            return grant.fencingToken();
        });
        assertThat(later).isGreaterThan(token);
        assertThat(mine.inspect()).isEqualTo(new LockView(List.of(), List.of()));
    }

    @Test
    void aCallThatLostItsRightReportsTheLossHoweverItsWorkEnds() {
        assertThatThrownBy(() -> mine.call(grant -> {
                    lose(grant);
                    return "done";
                }))
                .isInstanceOf(GrantLostException.class)
                .hasNoCause();
        assertThatThrownBy(() -> mine.call(grant -> {
                    lose(grant);
                    throw new IOException("of the work");
                }))
                .isInstanceOf(GrantLostException.class)
                .hasCauseInstanceOf(IOException.class);
        assertThat(Thread.interrupted()).isFalse();
    }

    private void lose(Grant grant) {
        clients.endSessions();
        assertThat(grant.isHeld()).isFalse();
    }

    @Test
    void theLockIsReentrantForItsThreadThroughAnyView() {
        Lock lock = mine.asLock();
        lock.lock();
        one.mutex("x").asLock().lock();
        assertThat(lock.tryLock()).isTrue();
        lock.unlock();
        one.mutex("x").asLock().unlock();
        assertThat(theirs.tryAcquire()).isEmpty();
        lock.unlock();
        assertThat(theirs.tryAcquire()).isPresent();
        assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
        assertThatThrownBy(lock::newCondition).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void anotherThreadCannotUnlock() throws Exception {
        Lock lock = mine.asLock();
        lock.lock();
        CompletableFuture<Boolean> stranger = Threads.inThread(() -> {
            assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
            return lock.tryLock();
        });
        assertThat(stranger.get(10, TimeUnit.SECONDS)).isFalse();
        lock.unlock();
    }

    @Test
    void afterALossEachLevelOfTheLockReportsIt() throws Exception {
        Lock lock = mine.asLock();
        lock.lock();
        lock.lock();
        clients.endSessions();
        assertThatThrownBy(lock::lock).isInstanceOf(GrantLostException.class);
        assertThatThrownBy(lock::unlock).isInstanceOf(GrantLostException.class);
        assertThatThrownBy(lock::unlock).isInstanceOf(GrantLostException.class);
        assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
        lock.lock();
        lock.unlock();
    }

    @Test
    void lockDoesNotEndByAnInterruptAndKeepsTheFlag() throws Exception {
        Grant held = mine.acquire();
        AtomicReference<Thread> waiter = new AtomicReference<>();
        CompletableFuture<Boolean> locked = Threads.inThread(() -> {
            waiter.set(Thread.currentThread());
            theirs.asLock().lock();
            return Thread.interrupted();
        });
        Threads.awaitWaiters(mine, 1);
        Threads.parked(waiter).interrupt();
        assertThat(mine.inspect().waiters()).hasSize(1);
        held.release();
        assertThat(locked.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aHundredThousandNamesLeaveNothing() throws Exception {
        int names = 100_000;
        PendingTimers timers = new PendingTimers(clients.time);
        Client client = clients.client("many", clients.line(), timers, clients.callbacks);
        int timersBefore = timers.count();
        int threadsBefore = Thread.activeCount();
        for (int i = 0; i < names; i++) {
            MutexRecipe mutex = new MutexRecipe(client, "n" + i, "lock/n" + i);
            mutex.acquire().release();
        }
        assertThat(client.shared(MutexQueue.QUEUES).size()).isZero();
        assertThat(client.shared(MutexLock.OWNERSHIPS)).isEmpty();
        assertThat(timers.count()).isEqualTo(timersBefore);
        assertThat(Thread.activeCount()).isLessThanOrEqualTo(threadsBefore + 2);
        Backend eye = clients.store.connect(Runnable::run);
        for (int i = 0; i < names; i++) {
            assertThat(eye.read(new Query.All("lock/n" + i))
                            .toCompletableFuture()
                            .get()
                            .entries())
                    .isEmpty();
        }
    }

    /** The cost of a hand-over does not depend on the number of waiters, and the first caller is served first. */
    @Test
    void manyClientsAreServedInTheOrderOfTheirEntriesAtACostThatDoesNotGrow() {
        double few = requestsForEachHandOver("few", 100);
        double many = requestsForEachHandOver("many", 1_000);
        System.out.printf("requests for each hand-over: %.1f with 100 clients, %.1f with 1,000%n", few, many);
        assertThat(many).isLessThanOrEqualTo(few * 1.5).isLessThan(5);
    }

    private double requestsForEachHandOver(String name, int count) {
        AtomicInteger requests = new AtomicInteger();
        List<RightRequest> waiting = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            FaultyBackend line = clients.line();
            line.each(
                    request -> {
                        requests.incrementAndGet();
                        return false;
                    },
                    Fate.refuse());
            Client client = clients.client("client-" + i, line, clients.time, clients.callbacks);
            waiting.add(
                    new MutexRecipe(client, name, "lock/" + name).queue("test").request("test", false, null));
        }
        requests.set(0);
        for (int i = 0; i < count; i++) {
            assertThat(waiting.stream().filter(request -> request.result().isDone()))
                    .as("served after %s had given it back", i)
                    .hasSize(i + 1);
            Hold held = waiting.get(i).result().join().orElseThrow();
            assertThat(held.surrender()).isDone();
        }
        return (double) requests.get() / count;
    }

    /** 1,000 platform threads, or 10,000 virtual ones where the JDK has them. */
    @Test
    void manyWaitersAreServedInTheOrderInWhichTheyCame() throws Exception {
        Optional<ThreadFactory> virtual = virtualThreads();
        int waiters = virtual.isPresent() ? 10_000 : 1_000;
        ThreadFactory factory = virtual.orElse(Thread::new);
        MutexQueue queue = ((MutexRecipe) mine).queue("test");
        Hold held = queue.request("test", false, null).result().join().orElseThrow();
        List<Integer> served = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(waiters);
        for (int i = 0; i < waiters; i++) {
            int number = i;
            Thread thread = factory.newThread(() -> {
                try {
                    mine.call(grant -> served.add(number));
                } catch (InterruptedException e) {
                    served.add(-1);
                }
                done.countDown();
            });
            thread.start();
            while (queue.inLine() <= i) {
                Thread.onSpinWait();
            }
        }
        held.release();
        assertThat(done.await(50, TimeUnit.SECONDS)).isTrue();
        System.out.println(
                waiters + (virtual.isPresent() ? " virtual" : " platform") + " threads were served in order");
        assertThat(served).hasSize(waiters).isSorted();
    }

    private static Optional<ThreadFactory> virtualThreads() throws Exception {
        if (Runtime.version().feature() < 21) {
            return Optional.empty();
        }
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        Class<?> type = Class.forName("java.lang.Thread$Builder");
        return Optional.of((ThreadFactory) type.getMethod("factory").invoke(builder));
    }
}
