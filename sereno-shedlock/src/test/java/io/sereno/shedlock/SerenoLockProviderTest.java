package io.sereno.shedlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.SerenoMeter;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import io.sereno.spi.Query;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.support.LockException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two processes and their store, in virtual time. Their sessions last for a day, unless a test ends one. */
class SerenoLockProviderTest {
    private static final String KEEPERS = "@shedlock/atleast/cleanup";
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final Duration HOUR = Duration.ofHours(1);

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final FaultyBackend line = new FaultyBackend(store.connect(threads), time, threads);
    private final CompletableFuture<LossCause> lost = new CompletableFuture<>();
    private final List<SerenoLockProvider> open = new ArrayList<>();
    private final SerenoLockProvider ada = provider(line);
    private final SerenoLockProvider ben = provider(new FaultyBackend(store.connect(threads), time, threads));

    private SerenoLockProvider provider(FaultyBackend backend) {
        Sereno client = Sereno.builder()
                .backend(backend)
                .timeSource(time)
                .executor(threads)
                .sessionTtl(Duration.ofDays(1))
                .meter(new SerenoMeter() {
                    @Override
                    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
                        lost.complete(cause);
                    }
                })
                .connect();
        SerenoLockProvider provider = new SerenoLockProvider(client, backend, time, threads);
        open.add(provider);
        return provider;
    }

    /** A client whose session a test has ended may wait before it opens another. */
    @AfterEach
    void close() throws Exception {
        CompletableFuture<Void> closed =
                CompletableFuture.runAsync(() -> open.forEach(SerenoLockProvider::close), threads);
        while (!closed.isDone()) {
            time.advance(Duration.ofMillis(50));
            try {
                closed.get(10, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                // More time has to pass.
            }
        }
        closed.get();
        threads.shutdownNow();
    }

    private static LockConfiguration task(Duration atMost, Duration atLeast) {
        return new LockConfiguration(Instant.EPOCH, "cleanup", atMost, atLeast);
    }

    private static SimpleLock lock(SerenoLockProvider provider, Duration atLeast) {
        return provider.lock(task(HOUR, atLeast)).orElseThrow();
    }

    private static Optional<SimpleLock> attempt(SerenoLockProvider provider) {
        return provider.lock(task(HOUR, Duration.ZERO));
    }

    @Test
    void aTaskThatEndsEarlyKeepsTheLockForLockAtLeastFor() {
        lock(ada, TEN_SECONDS).unlock();

        time.advance(TEN_SECONDS.minusNanos(1));
        assertThat(attempt(ada)).isEmpty();
        assertThat(attempt(ben)).isEmpty();

        time.advance(Duration.ofNanos(1));
        assertThat(attempt(ada)).isPresent();
    }

    @Test
    void lockAtLeastForBeginsWithTheTask() {
        SimpleLock lock = lock(ada, TEN_SECONDS);
        time.advance(TEN_SECONDS);
        assertThat(attempt(ben)).isEmpty();

        lock.unlock();
        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void lockAtLeastForOutlivesTheProvider() {
        lock(ada, TEN_SECONDS).unlock();
        ada.close();

        time.advance(TEN_SECONDS.minusNanos(1));
        assertThat(attempt(ben)).isEmpty();

        time.advance(Duration.ofNanos(1));
        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void lockAtLeastForOutlivesTheSessionInTheMiddleOfTheTask() {
        lock(ada, TEN_SECONDS);
        endSession();

        time.advance(TEN_SECONDS.minusNanos(1));
        assertThat(attempt(ben)).isEmpty();

        time.advance(Duration.ofNanos(1));
        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void withoutLockAtLeastForTheLockEndsWithTheSession() {
        lock(ada, Duration.ZERO);
        endSession();

        assertThat(attempt(ben)).isPresent();
    }

    /** As if the process had died: the store deletes what is under the session's lease. */
    private void endSession() {
        line.endLease(line.leases().get(0)).toCompletableFuture().join();
    }

    @Test
    void aTaskThatTakesLongerThanLockAtMostForLosesTheLockWithAWarning() {
        try (Logged log = new Logged()) {
            SimpleLock lock = ada.lock(task(TEN_SECONDS, Duration.ZERO)).orElseThrow();
            time.advance(TEN_SECONDS);

            assertThat(attempt(ada)).isPresent();
            assertThat(log.messages()).singleElement().asString().contains("its lockAtMostFor of {1}");
            lock.unlock();
            assertThat(attempt(ben))
                    .as("the former task does not unlock the lock of the next")
                    .isEmpty();
        }
    }

    @Test
    void aTaskThatLosesTheLockIsReportedWhenItEnds() throws Exception {
        try (Logged log = new Logged()) {
            SimpleLock lock = ada.lock(task(Duration.ofDays(2), Duration.ZERO)).orElseThrow();
            endSession();
            time.advance(Duration.ofHours(9)); // the session would have been renewed
            lost.get(1, TimeUnit.MINUTES);
            SimpleLock bens = attempt(ben).orElseThrow();

            lock.unlock();

            assertThat(log.messages()).singleElement().asString().contains("was lost before its task ended");
            assertThat(attempt(ada)).isEmpty();
            bens.unlock();
        }
    }

    @Test
    void anExtensionReplacesBothTimes() {
        SimpleLock lock = ada.lock(task(TEN_SECONDS, TEN_SECONDS)).orElseThrow();
        time.advance(Duration.ofSeconds(6));
        SimpleLock extended = lock.extend(TEN_SECONDS, Duration.ofSeconds(5)).orElseThrow();
        extended.unlock();
        ada.close();

        time.advance(Duration.ofSeconds(5).minusNanos(1));
        assertThat(attempt(ben)).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void manyExtensionsKeepOneLease() {
        SimpleLock lock = lock(ada, TEN_SECONDS);
        int before = line.leases().size();
        for (int i = 0; i < 50; i++) {
            lock = lock.extend(HOUR, TEN_SECONDS).orElseThrow();
        }
        assertThat(line.leases()).hasSize(before);
    }

    @Test
    void aLockAtLeastForThatTheStoreCannotKeepIsRefusedBeforeAnythingIsSent() {
        Duration tooLong = Duration.ofDays(366);
        AtomicInteger requests = new AtomicInteger();
        Runnable end = line.each(
                request -> {
                    requests.incrementAndGet();
                    return false;
                },
                Fate.refuse());

        assertThatThrownBy(() -> ada.lock(task(tooLong, tooLong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lockAtLeastFor of lock 'cleanup' is PT8784H; at most PT8760H is accepted: memory keeps the"
                        + " entry of a process that has died no longer");

        assertThat(requests).hasValue(0);
        end.run();
        SimpleLock lock = lock(ada, Duration.ZERO);
        assertThatThrownBy(() -> lock.extend(tooLong, tooLong)).isInstanceOf(IllegalArgumentException.class);
        lock.unlock();
    }

    @Test
    void aKeeperWhosePutHasNoAnswerIsThereOnce() {
        AtomicInteger puts = new AtomicInteger();
        line.each(request -> Request.commitsTo(KEEPERS).test(request) && puts.incrementAndGet() == 1, Fate.loseReply());
        lock(ada, TEN_SECONDS).unlock();
        assertThat(puts).as("the first had no answer").hasValue(2);
        assertThat(line.read(new Query.All(KEEPERS))
                        .toCompletableFuture()
                        .join()
                        .entries())
                .hasSize(1);
        ada.close();

        assertThat(attempt(ben)).isEmpty();
        time.advance(TEN_SECONDS);
        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void aKeeperWhosePutIsLostIsPutAgain() {
        line.next(Request.commitsTo(KEEPERS), Fate.loseRequest());
        lock(ada, TEN_SECONDS).unlock();
        ada.close();

        assertThat(attempt(ben)).isEmpty();
    }

    @Test
    void aTaskDoesNotBeginIfItsKeeperCannotBeStored() {
        Runnable repair = line.each(Request.commitsTo(KEEPERS), Fate.loseRequest());
        assertThatThrownBy(() -> lock(ada, TEN_SECONDS))
                .isInstanceOf(LockException.class)
                .hasMessageContaining("lockAtLeastFor of lock 'cleanup' could not be stored");
        repair.run();

        assertThat(attempt(ben)).as("the lock was given back").isPresent();
    }

    @Test
    void aPutThatArrivesAfterItWasGivenUpKeepsNothing() {
        Runnable repair = line.each(Request.commitsTo(KEEPERS), Fate.applyLate(Duration.ofSeconds(1)));
        assertThatThrownBy(() -> lock(ada, TEN_SECONDS)).isInstanceOf(LockException.class);
        repair.run();
        time.advance(Duration.ofSeconds(1));

        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void aTaskDoesNotBeginIfTheKeepersCannotBeRead() {
        line.next(
                request -> request instanceof Request.Read read
                        && read.query().directory().equals(KEEPERS),
                Fate.refuse());
        assertThatThrownBy(() -> attempt(ada))
                .isInstanceOf(LockException.class)
                .hasMessageContaining("lockAtLeastFor of lock 'cleanup' could not be looked up");

        assertThat(attempt(ben)).as("the lock was given back").isPresent();
    }

    @Test
    void aStoreThatIsAwayIsNoLockOfAnother() {
        Runnable repair = line.each(Request.any(), Fate.refuse());
        assertThatThrownBy(() -> attempt(ada)).isInstanceOf(NotAppliedException.class);
        repair.run();
    }

    @Test
    void theNamesOfTasksMeetNoMutexes() {
        try (Grant grant = ada.sereno().mutex("cleanup").tryAcquire().orElseThrow()) {
            assertThat(attempt(ben)).isPresent();
            assertThat(grant.isHeld()).isTrue();
        }
    }

    @Test
    void aClosedProviderGivesNoLock() {
        SimpleLock lock = lock(ada, Duration.ZERO);
        ada.close();
        ada.close();

        lock.unlock();
        assertThatThrownBy(() -> attempt(ada)).isInstanceOf(SerenoClosedException.class);
        assertThat(attempt(ben)).isPresent();
    }

    /** Runs the action once, before a request of ada of this kind reaches the store. */
    private void before(Predicate<Request> which, Runnable action) {
        AtomicBoolean done = new AtomicBoolean();
        line.each(
                request -> {
                    if (which.test(request) && done.compareAndSet(false, true)) {
                        action.run();
                    }
                    return false;
                },
                Fate.pass());
    }

    private void loseSession() {
        endSession();
        time.advance(Duration.ofHours(9)); // the session would have been renewed
        try {
            lost.get(1, TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void inAnotherThread(Runnable action) {
        CompletableFuture.runAsync(action, threads).join();
    }

    @Test
    void aTaskDoesNotBeginIfTheLockIsLostWhileItsKeeperIsStored() {
        List<SimpleLock> bens = new ArrayList<>();
        before(Request.commitsTo(KEEPERS), () -> {
            loseSession();
            bens.add(attempt(ben).orElseThrow());
        });
        assertThat(ada.lock(task(Duration.ofDays(2), Duration.ofDays(1)))).isEmpty();

        bens.get(0).unlock();
        assertThat(attempt(ben)).as("the keeper was removed").isPresent();
    }

    @Test
    void aLockThatIsLostWhileItIsExtendedIsNotExtended() {
        try (Logged log = new Logged()) {
            Duration day = Duration.ofDays(1);
            SimpleLock lock = ada.lock(task(day, day)).orElseThrow();
            before(Request.commitsTo(KEEPERS), this::loseSession);

            assertThat(lock.extend(day.multipliedBy(2), day.multipliedBy(2))).isEmpty();

            assertThat(log.messages()).singleElement().asString().contains("was lost before its task ended");
            time.advance(Duration.ofHours(15).minusNanos(1));
            assertThat(attempt(ben)).as("the former lockAtLeastFor").isEmpty();
            time.advance(Duration.ofNanos(1));
            assertThat(attempt(ben)).isPresent();
        }
    }

    @Test
    void aLockThatWasLostIsReportedWhenItIsExtended() {
        try (Logged log = new Logged()) {
            SimpleLock lock = ada.lock(task(Duration.ofDays(1), Duration.ZERO)).orElseThrow();
            loseSession();

            assertThat(lock.extend(Duration.ofDays(1), Duration.ZERO)).isEmpty();
            assertThat(log.messages()).singleElement().asString().contains("was lost before its task ended");
        }
    }

    @Test
    void aTaskDoesNotBeginBesideTheClose() {
        before(Request.commitsTo(KEEPERS), () -> inAnotherThread(ada::close));
        assertThat(ada.lock(task(HOUR, HOUR))).isEmpty();

        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void noLockIsExtendedBesideTheClose() {
        SimpleLock lock = lock(ada, TEN_SECONDS);
        before(Request.commitsTo(KEEPERS), () -> inAnotherThread(ada::close));
        assertThat(lock.extend(HOUR, HOUR)).isEmpty();

        time.advance(TEN_SECONDS.minusNanos(1));
        assertThat(attempt(ben)).as("the former lockAtLeastFor").isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(attempt(ben)).isPresent();
    }

    @Test
    void anExtensionWithoutAnswerKeepsTheFormerKeeper() {
        try (Logged log = new Logged()) {
            SimpleLock lock = ada.lock(task(TEN_SECONDS, TEN_SECONDS)).orElseThrow();
            Runnable repair = line.each(Request.commitsTo(KEEPERS), Fate.loseRequest());

            SimpleLock extended = lock.extend(HOUR, HOUR).orElseThrow();
            repair.run();

            assertThat(log.messages()).singleElement().asString().contains("'cleanup' was extended, but the entry");
            time.advance(TEN_SECONDS);
            extended.unlock();
            time.advance(HOUR.minus(TEN_SECONDS).minusNanos(1));
            assertThat(attempt(ben)).isEmpty();
            assertThat(attempt(ada)).isEmpty();
            time.advance(Duration.ofNanos(1));
            assertThat(attempt(ada)).isPresent();
        }
    }

    @Test
    void anExtensionThatNeedsAKeeperAndHasNoneFails() {
        SimpleLock lock = lock(ada, Duration.ZERO);
        Runnable repair = line.each(Request.commitsTo(KEEPERS), Fate.loseRequest());
        assertThatThrownBy(() -> lock.extend(HOUR, HOUR)).isInstanceOf(LockException.class);
        repair.run();

        assertThat(attempt(ben)).as("still held").isEmpty();
    }

    @Test
    void anAttemptOfTheSameProcessWaitsForALockThatIsBeingReleased() throws Exception {
        CountDownLatch ending = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        before(Request.RevokeLease.class::isInstance, () -> {
            ending.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        lock(ada, TEN_SECONDS).unlock();
        time.advance(TEN_SECONDS);
        assertThat(ending.await(1, TimeUnit.MINUTES)).isTrue();

        CompletableFuture<Optional<SimpleLock>> result = new CompletableFuture<>();
        Thread attempt = new Thread(() -> result.complete(attempt(ada)));
        attempt.start();
        while (attempt.getState() != Thread.State.WAITING && !result.isDone()) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        assertThat(result.get(1, TimeUnit.MINUTES)).isPresent();
    }

    @Test
    void aNameForgesNoLineOfALog() {
        LockConfiguration forged =
                new LockConfiguration(Instant.EPOCH, "a\nb", Duration.ofDays(366), Duration.ofDays(366));
        assertThatThrownBy(() -> ada.lock(forged)).hasMessageStartingWith("lockAtLeastFor of lock 'a\\nb' is ");
        LockConfiguration task = new LockConfiguration(Instant.EPOCH, "a\nb", HOUR, Duration.ZERO);
        assertThat(ada.lock(task).orElseThrow()).hasToString("lock 'a\\nb'");
    }
}
