package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Barrier;
import io.sereno.Counter;
import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A client that notices that the store has gone back ends its session, so that no entry of the lost state blocks other
 * clients.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreRestoredTest {
    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aRevisionThatFallsEndsTheSessionAndWorkContinuesUnderAnother() throws Exception {
        Sereno sereno = clients.connect("one");
        Counter counter = sereno.counter("c");
        Grant held = sereno.mutex("x").acquire();
        counter.incrementAndGet();
        MemoryBackup backup = clients.store.backup();
        counter.incrementAndGet();
        counter.incrementAndGet();

        clients.store.restore(backup, MemoryBackup.Revisions.REPEAT);
        counter.incrementAndGet();

        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.STORE_RESTORED);
        assertThat(held.isHeld()).isFalse();
        Grant again = acquire(sereno.mutex("x"));
        assertThat(again.isHeld()).isTrue();
        again.release();
    }

    /** It once blocked all other clients for as long as the session of its former owner lived. */
    @ParameterizedTest
    @EnumSource
    void aReleasedPlaceThatExistsAgainBlocksNoOther(MemoryBackup.Revisions revisions) throws Exception {
        Sereno client = clients.connect("former");
        Mutex former = client.mutex("x");
        Mutex laterOn = client.mutex("y");
        Mutex next = clients.connect("next").mutex("x");
        Grant grant = former.acquire();
        MemoryBackup backup = clients.store.backup();
        grant.release();
        for (int i = 0; i < 20; i++) {
            laterOn.acquire().release();
        }

        clients.store.restore(backup, revisions);

        acquire(next).release();
    }

    /** As for a mutex; and a right to read is lost as a grant is. */
    @ParameterizedTest
    @EnumSource
    void aReleasedRightToReadThatExistsAgainBlocksNoWriter(MemoryBackup.Revisions revisions) throws Exception {
        Sereno client = clients.connect("former");
        ReadWriteMutex next = clients.connect("next").readWriteMutex("x");
        Right reading = client.readWriteMutex("x").acquireRead();
        Right held = client.lockSet("s").acquireRead(Set.of("a"));
        MemoryBackup backup = clients.store.backup();
        reading.release();
        for (int i = 0; i < 20; i++) {
            client.mutex("y").acquire().release();
        }

        clients.store.restore(backup, revisions);

        Threads.inThread(next::acquireWrite).get(10, TimeUnit.SECONDS).release();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.STORE_RESTORED);
    }

    /** As for a mutex; and permits are lost as a grant is. */
    @ParameterizedTest
    @EnumSource
    void aReleasedPermitThatExistsAgainIsTakenFromNobody(MemoryBackup.Revisions revisions) throws Exception {
        Sereno client = clients.connect("former");
        PermitPool next = clients.connect("next").permitPool("x", 2);
        Permit released = client.permitPool("x", 2).acquire(2);
        Permit held = client.permitPool("y", 2).acquire();
        MemoryBackup backup = clients.store.backup();
        released.release();
        for (int i = 0; i < 20; i++) {
            client.mutex("y").acquire().release();
        }

        clients.store.restore(backup, revisions);

        Threads.inThread(() -> next.acquire(2)).get(10, TimeUnit.SECONDS).release();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.STORE_RESTORED);
    }

    /** As for a permit: a number that was given back is free, though its former place exists again. */
    @ParameterizedTest
    @EnumSource
    void aReleasedSlotThatExistsAgainIsTakenFromNobody(MemoryBackup.Revisions revisions) throws Exception {
        Sereno client = clients.connect("former");
        SlotPool next = clients.connect("next").slotPool("x", 1);
        Slot released = client.slotPool("x", 1).acquire();
        Slot held = client.slotPool("y", 1).acquire();
        MemoryBackup backup = clients.store.backup();
        released.release();
        for (int i = 0; i < 20; i++) {
            client.mutex("y").acquire().release();
        }

        clients.store.restore(backup, revisions);

        Slot again = Threads.inThread(() -> next.acquire()).get(10, TimeUnit.SECONDS);
        assertThat(again.number()).isZero();
        again.release();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.STORE_RESTORED);
    }

    /** The store has lost the place and the session. */
    @ParameterizedTest
    @EnumSource
    void aPartyWhosePlaceIsLostArrivesAgain(MemoryBackup.Revisions revisions) throws Exception {
        Barrier mine = clients.connect("one").barrier("x", 2);
        Barrier theirs = clients.connect("two").barrier("x", 2);
        assertThat(theirs.await("b", Duration.ZERO)).isFalse();
        MemoryBackup backup = clients.store.backup();
        CompletableFuture<Boolean> waits = Threads.inThread(() -> mine.await("a", Duration.ofHours(1)));
        Threads.until(() -> theirs.inspect().waiting().size() == 1);

        clients.store.restore(backup, revisions);

        clients.passUntil(() -> theirs.inspect().waiting().size() == 1, Clients.TTL.multipliedBy(2));
        CompletableFuture<Boolean> other = Threads.inThread(() -> theirs.await("b", Duration.ofHours(1)));
        clients.passUntilDone(other, Clients.TTL);
        assertThat(other.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(waits.get(10, TimeUnit.SECONDS)).isTrue();
    }

    /** A party that was withdrawn, and whose place exists again, is not waited with for long. */
    @ParameterizedTest
    @EnumSource
    void aPartyWhosePlaceExistsAgainIsRemoved(MemoryBackup.Revisions revisions) throws Exception {
        Sereno client = clients.connect("former");
        Barrier next = clients.connect("next").barrier("x", 2);
        CompletableFuture<Boolean> former =
                Threads.inThread(() -> client.barrier("x", 2).await("a", Duration.ofSeconds(1)));
        Threads.until(() -> next.inspect().waiting().size() == 1);
        MemoryBackup backup = clients.store.backup();
        clients.passUntilDone(former, Duration.ofSeconds(2));
        assertThat(former.get(10, TimeUnit.SECONDS)).isFalse();
        for (int i = 0; i < 20; i++) {
            client.mutex("y").acquire().release();
        }

        clients.store.restore(backup, revisions);

        clients.passUntil(() -> next.inspect().waiting().isEmpty(), Clients.TTL);
        assertThat(next.await("b", Duration.ZERO)).isFalse();
    }

    /**
     * A slow store may fail the read although the connection stays, so no further reset of watches causes another read.
     */
    @Test
    void aLookForDeletedEntriesThatFailsIsRepeated() throws Exception {
        FaultyBackend line = clients.line();
        Mutex former = clients.connect("former", line).mutex("x");
        Mutex next = clients.connect("next").mutex("x");
        Grant grant = former.acquire();
        MemoryBackup backup = clients.store.backup();
        grant.release();
        line.next(Request.Read.class::isInstance, Fate.loseRequest());

        clients.store.restore(backup, MemoryBackup.Revisions.GO_ON);

        CompletableFuture<Grant> granted = granted(next);
        clients.passUntilDone(granted, Clients.TTL.multipliedBy(2));
        granted.join().release();
    }

    /** The answer to the deletion comes after the look that the return of the store causes, which knows nothing of the deletion. */
    @Test
    void aReleaseThatIsAnsweredAfterTheStoreHasGoneBackBlocksNoOther() throws Exception {
        FaultyBackend line = clients.line();
        Mutex former = clients.connect("former", line).mutex("x");
        Mutex next = clients.connect("next").mutex("x");
        Grant grant = former.acquire();
        MemoryBackup backup = clients.store.backup();
        line.next(Request.commitsTo("lock/x"), Fate.delayReply(Duration.ofMillis(500)));
        CompletableFuture<Boolean> released = Threads.inThread(() -> {
            grant.release();
            return true;
        });
        while (!clients.entries("lock/x").isEmpty()) {
            Thread.onSpinWait();
        }

        clients.store.restore(backup, MemoryBackup.Revisions.GO_ON);
        clients.passUntilDone(released, Duration.ofSeconds(1));

        CompletableFuture<Grant> granted = granted(next);
        clients.passUntilDone(granted, Clients.TTL.multipliedBy(2));
        granted.join().release();
    }

    /** Many deletions in one directory are looked for with one read of it. */
    @ParameterizedTest
    @EnumSource
    void aPlaceReleasedBeforeManyOthersOfTheSameMutexBlocksNoOther(MemoryBackup.Revisions revisions) throws Exception {
        Mutex former = clients.connect("former").mutex("x");
        Mutex next = clients.connect("next").mutex("x");
        Grant grant = former.acquire();
        MemoryBackup backup = clients.store.backup();
        grant.release();
        for (int i = 0; i < 20; i++) {
            former.acquire().release();
        }

        clients.store.restore(backup, revisions);

        acquire(next).release();
    }

    @Test
    void aStoreThatComesBackEmptyEndsNoSessionThatWasOpenedAfterwards() throws Exception {
        clients.connect("other").counter("c").incrementAndGet();
        MemoryBackup backup = clients.store.backup();
        RecordingMeter meter = new RecordingMeter();
        SerenoClient client = clients.connect("one", clients.line(), meter);
        client.mutex("x").acquire();

        clients.store.restore(backup, MemoryBackup.Revisions.REPEAT);

        Grant again = acquire(client.mutex("x"));
        assertThat(meter.events).containsOnlyOnce("session lost");
        assertThat(again.isHeld()).isTrue();
    }

    private Grant acquire(Mutex mutex) throws Exception {
        return granted(mutex).get(10, TimeUnit.SECONDS);
    }

    private CompletableFuture<Grant> granted(Mutex mutex) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return mutex.acquire();
                    } catch (InterruptedException interrupted) {
                        throw new IllegalStateException(interrupted);
                    }
                },
                clients.callbacks);
    }
}
