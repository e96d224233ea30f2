package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.sereno.GrantLostException;
import io.sereno.LockView;
import io.sereno.LossCause;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.WriteGrant;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LossDuringARelease;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReadWriteMutexTest {
    private static final LockView NOBODY = new LockView(List.of(), List.of());
    /** Longer than callers may join a place that was granted. */
    private static final Duration LATER = Duration.ofMillis(30);

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aReleaseReportsALossThatIsNoticedWhileItWaitsForItsTurn() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient here = clients.connect("here", line);
        WriteGrant grant = here.readWriteMutex("x").acquireWrite();
        LockQueue queue = here.client().shared(LockQueue.QUEUES).get("rwlock/x", Threads::nothing);

        CompletableFuture<Boolean> released = LossDuringARelease.of(grant, "rwlock/x", queue.strand(), clients, line);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(GrantLostException.class);
    }

    @Test
    void readersOfSeveralClientsHoldTogetherAndAWriterWaits() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        ReadWriteMutex three = clients.connect("three").readWriteMutex("x");
        Right first = one.acquireRead();
        Right second = two.acquireRead();
        assertThat(first.isHeld()).isTrue();
        assertThat(second.isHeld()).isTrue();
        CompletableFuture<WriteGrant> writer = Threads.inThread(three::acquireWrite);
        awaitWaiters(three, 1);
        assertThat(one.inspect().holders())
                .extracting(LockView.Place::nodeId, LockView.Place::kind)
                .containsExactly(tuple("one", LockView.Kind.SHARED), tuple("two", LockView.Kind.SHARED));
        assertThat(one.inspect().holders())
                .allMatch(holder -> holder.fencingToken().isEmpty());
        second.release();
        assertThat(writer).isNotDone();
        first.release();
        WriteGrant grant = writer.get(10, TimeUnit.SECONDS);
        assertThat(one.inspect().holders()).singleElement().satisfies(holder -> {
            assertThat(holder.kind()).isEqualTo(LockView.Kind.EXCLUSIVE);
            assertThat(holder.fencingToken()).hasValue(grant.fencingToken());
        });
        assertThat(one.tryAcquireRead()).isEmpty();
        grant.release();
        assertThat(one.inspect()).isEqualTo(NOBODY);
        try (WriteGrant next = one.acquireWrite()) {
            assertThat(next.fencingToken()).isGreaterThan(grant.fencingToken());
        }
    }

    @Test
    void noReaderPassesAWaitingWriter() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        ReadWriteMutex three = clients.connect("three").readWriteMutex("x");
        Right reading = one.acquireRead();
        CompletableFuture<WriteGrant> writer = Threads.inThread(two::acquireWrite);
        awaitWaiters(two, 1);
        CompletableFuture<Right> later = Threads.inThread(three::acquireRead);
        awaitWaiters(two, 2);
        assertThat(three.tryAcquireRead()).isEmpty();
        reading.release();
        WriteGrant grant = writer.get(10, TimeUnit.SECONDS);
        assertThat(later).isNotDone();
        grant.release();
        later.get(10, TimeUnit.SECONDS).release();
        assertThat(one.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void aDowngradeLetsReadersInAndNoWriter() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        ReadWriteMutex three = clients.connect("three").readWriteMutex("x");
        WriteGrant grant = one.acquireWrite();
        CompletableFuture<Right> reader = Threads.inThread(two::acquireRead);
        awaitWaiters(one, 1);
        CompletableFuture<WriteGrant> writer = Threads.inThread(three::acquireWrite);
        awaitWaiters(one, 2);
        assertThat(reader).isNotDone();

        Right mine = grant.downgrade();

        Right others = reader.get(10, TimeUnit.SECONDS);
        assertThat(mine.isHeld()).isTrue();
        assertThat(grant.isHeld()).isFalse();
        assertThat(writer).isNotDone();
        assertThatThrownBy(grant::downgrade).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(grant::release).isInstanceOf(IllegalStateException.class);
        grant.close();
        assertThat(mine.isHeld()).isTrue();
        others.release();
        assertThat(writer).isNotDone();
        mine.release();
        assertThat(writer.get(10, TimeUnit.SECONDS).fencingToken()).isGreaterThan(grant.fencingToken());
        assertThatThrownBy(mine::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aDowngradedRightIsLostWithTheSession() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        WriteGrant grant = one.acquireWrite();
        Right reading = grant.downgrade();
        clients.endSessions();
        assertThat(reading.isHeld()).isFalse();
        assertThat(reading.lost().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(grant.lost().toCompletableFuture()).isNotDone();
        assertThatThrownBy(reading::release).isInstanceOf(GrantLostException.class);
        WriteGrant next = one.acquireWrite();
        clients.endSessions();
        assertThatThrownBy(next::downgrade).isInstanceOf(GrantLostException.class);
    }

    @Test
    void callersOfAClientThatWaitedForWritingMoveOnWhenTheirPlaceIsDowngraded() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        WriteGrant grant = one.acquireWrite();
        // Joins the place, since it was granted at this very moment of virtual time.
        AtomicReference<Thread> waiting = new AtomicReference<>();
        CompletableFuture<WriteGrant> writer = Threads.inThread(() -> {
            waiting.set(Thread.currentThread());
            return one.acquireWrite();
        });
        Threads.parked(waiting);
        assertThat(one.inspect().waiters()).isEmpty();
        Right reading = grant.downgrade();
        awaitWaiters(one, 1);
        assertThat(writer).isNotDone();
        reading.release();
        assertThat(writer.get(10, TimeUnit.SECONDS).fencingToken()).isGreaterThan(grant.fencingToken());
    }

    @Test
    void readersOfAClientShareAPlaceForAMoment() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        Right first = one.acquireRead();
        Right second = one.acquireRead();
        assertThat(one.inspect().holders()).hasSize(1);
        clients.time.advance(LATER);
        Right third = one.acquireRead();
        assertThat(one.inspect().holders()).hasSize(2);
        first.release();
        assertThat(one.inspect().holders()).hasSize(2);
        assertThat(second.isHeld()).isTrue();
        second.release();
        assertThat(one.inspect().holders()).hasSize(1);
        third.release();
        assertThat(one.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void aReaderDoesNotJoinAPlaceInFrontOfAWriterOfItsOwnClient() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        Right reading = one.acquireRead();
        CompletableFuture<WriteGrant> writer = Threads.inThread(one::acquireWrite);
        awaitWaiters(one, 1);
        assertThat(one.tryAcquireRead()).isEmpty();
        CompletableFuture<Right> later = Threads.inThread(one::acquireRead);
        awaitWaiters(one, 2);
        reading.release();
        WriteGrant grant = writer.get(10, TimeUnit.SECONDS);
        assertThat(later).isNotDone();
        grant.release();
        later.get(10, TimeUnit.SECONDS).release();
    }

    @Test
    void anAttemptThatDoesNotWaitLeavesNothing() {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        Right reading = one.tryAcquireRead().orElseThrow();
        assertThat(two.tryAcquireWrite()).isEmpty();
        assertThat(one.tryAcquireWrite()).isEmpty();
        Right other = two.tryAcquireRead().orElseThrow();
        assertThat(one.inspect().holders()).hasSize(2);
        reading.release();
        other.release();
        WriteGrant grant = two.tryAcquireWrite().orElseThrow();
        assertThat(one.tryAcquireRead()).isEmpty();
        assertThat(two.tryAcquireRead()).isEmpty();
        assertThat(two.tryAcquireWrite()).isEmpty();
        grant.release();
        assertThat(one.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void aTimedAttemptEndsWithoutARightAndLeavesNothing() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        WriteGrant grant = one.acquireWrite();
        CompletableFuture<Optional<Right>> attempt = Threads.inThread(() -> two.tryAcquireRead(Duration.ofSeconds(2)));
        awaitWaiters(one, 1);
        clients.passUntilDone(attempt, Duration.ofSeconds(3));
        assertThat(attempt.join()).isEmpty();
        assertThat(one.inspect().waiters()).isEmpty();
        assertThat(grant.isHeld()).isTrue();
        assertThatThrownBy(() -> two.tryAcquireWrite(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zero or more");
        assertThat(two.tryAcquireWrite(Duration.ZERO)).isEmpty();
    }

    @Test
    void anInterruptedCallerIsWithdrawn() throws Exception {
        ReadWriteMutex one = clients.connect("one").readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        WriteGrant grant = one.acquireWrite();
        Threads.interruptWhenWaiting(two::acquireRead);
        Threads.interruptWhenWaiting(two::acquireWrite);
        assertThat(one.inspect().waiters()).isEmpty();
        grant.release();
        assertThat(one.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void aClosedClientHoldsNothingAndAnswersNothing() throws Exception {
        Sereno client = clients.connect("one");
        ReadWriteMutex one = client.readWriteMutex("x");
        ReadWriteMutex two = clients.connect("two").readWriteMutex("x");
        Right reading = one.acquireRead();
        CompletableFuture<WriteGrant> writer = Threads.inThread(one::acquireWrite);
        awaitWaiters(two, 1);
        client.close();
        assertThatThrownBy(() -> writer.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        assertThat(reading.isHeld()).isFalse();
        assertThat(reading.lost().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isEqualTo(LossCause.SERENO_CLOSED);
        assertThatThrownBy(one::acquireRead).isInstanceOf(SerenoClosedException.class);
        two.acquireWrite().release();
    }

    @Test
    void aReaderThatIsCutOffStopsBelievingBeforeAWriterHolds() throws Exception {
        FaultyBackend line = clients.line();
        Right reading = clients.connect("one", line).readWriteMutex("x").acquireRead();
        ReadWriteMutex other = clients.connect("two").readWriteMutex("x");
        line.cutOff(Duration.ofSeconds(1));
        CompletableFuture<WriteGrant> writer = Threads.inThread(other::acquireWrite);
        awaitWaiters(other, 1);
        while (reading.isHeld()) {
            assertThat(writer).isNotDone();
            clients.time.advance(Duration.ofMillis(10));
        }
        assertThat(writer).isNotDone();
        clients.time.advance(Clients.TTL);
        writer.get(10, TimeUnit.SECONDS).release();
    }

    @Test
    void twelveThreadsOfThreeClientsExcludeEachOther() throws Exception {
        AtomicInteger readers = new AtomicInteger();
        AtomicInteger writers = new AtomicInteger();
        CompletableFuture<?>[] all = new CompletableFuture<?>[12];
        Sereno[] three = {clients.connect("a"), clients.connect("b"), clients.connect("c")};
        for (int i = 0; i < all.length; i++) {
            ReadWriteMutex mutex = three[i % 3].readWriteMutex("x");
            boolean writes = i % 4 == 0;
            all[i] = Threads.inThread(() -> {
                for (int k = 0; k < 200; k++) {
                    if (writes) {
                        try (WriteGrant grant = mutex.acquireWrite()) {
                            assertThat(writers.incrementAndGet()).isEqualTo(1);
                            assertThat(readers).hasValue(0);
                            writers.decrementAndGet();
                            if (k % 2 == 0) {
                                readers.incrementAndGet();
                                try (Right right = grant.downgrade()) {
                                    assertThat(right.isHeld()).isTrue();
                                    assertThat(writers).hasValue(0);
                                    readers.decrementAndGet();
                                }
                            }
                        }
                    } else {
                        try (Right right = mutex.acquireRead()) {
                            readers.incrementAndGet();
                            assertThat(right.isHeld()).isTrue();
                            assertThat(writers).hasValue(0);
                            readers.decrementAndGet();
                        }
                    }
                }
                return true;
            });
        }
        CompletableFuture.allOf(all).get(25, TimeUnit.SECONDS);
        assertThat(three[0].readWriteMutex("x").inspect()).isEqualTo(NOBODY);
    }

    private static void awaitWaiters(ReadWriteMutex mutex, int waiters) {
        while (mutex.inspect().waiters().size() < waiters) {
            assertThat(Thread.currentThread().isInterrupted())
                    .as("the time of the test is up")
                    .isFalse();
            Thread.onSpinWait();
        }
    }
}
