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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
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
    void aKeeperWhosePutHasNoAnswerIsPutOnce() {
        line.next(Request.commitsTo(KEEPERS), Fate.loseReply());
        lock(ada, TEN_SECONDS).unlock();
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
}
