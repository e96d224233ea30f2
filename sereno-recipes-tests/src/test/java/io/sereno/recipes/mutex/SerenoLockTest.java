package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.SerenoLock;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the lock view of a mutex says of its right. */
@Timeout(60)
@SuppressWarnings("LockNotBeforeTry") // The lock itself is what is tried.
class SerenoLockTest {
    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final SerenoLock lock = one.mutex("x").asLock();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void theOwnerSeesItsTokenThroughAnyViewAndAtAnyLevel() throws Exception {
        lock.lock();
        long token = lock.fencingToken();
        lock.lock();
        assertThat(lock.fencingToken()).isEqualTo(token);
        assertThat(one.mutex("x").asLock().fencingToken()).isEqualTo(token);
        assertThat(lock.isHeldByCurrentThread()).isTrue();
        lock.unlock();
        assertThat(lock.isHeldByCurrentThread()).isTrue();
        lock.unlock();
        assertThat(lock.isHeldByCurrentThread()).isFalse();
        lock.lock();
        assertThat(lock.fencingToken()).isGreaterThan(token);
        lock.unlock();
    }

    @Test
    void aThreadThatDoesNotOwnTheLockIsRefused() throws Exception {
        lock.lock();
        CompletableFuture<Boolean> stranger = Threads.inThread(() -> {
            assertThatThrownBy(lock::fencingToken)
                    .isInstanceOf(IllegalMonitorStateException.class)
                    .hasMessage("fencingToken of mutex 'x' on memory: the calling thread does not own the lock; lock()"
                            + " acquires it");
            assertThatThrownBy(lock::lost).isInstanceOf(IllegalMonitorStateException.class);
            return lock.isHeldByCurrentThread();
        });
        assertThat(stranger.get(10, TimeUnit.SECONDS)).isFalse();
        lock.unlock();
    }

    @Test
    void aLossIsSignalledAndTheUnlockReportsIt() throws Exception {
        lock.lock();
        long token = lock.fencingToken();
        CompletableFuture<LossCause> lost = lock.lost().toCompletableFuture();
        assertThat(lost).isNotDone();
        clients.endSessions();
        assertThat(lost.get(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(lock.isHeldByCurrentThread()).isFalse();
        assertThat(lock.fencingToken()).isEqualTo(token);
        assertThatThrownBy(lock::unlock).isInstanceOf(GrantLostException.class);
        assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
    }

    /** As in a finally block that unlocks only if the lock is still held. */
    @Test
    void aThreadThatSawTheLossAcquiresAnewWithoutUnlocking() {
        lock.lock();
        lock.lock();
        long token = lock.fencingToken();
        clients.endSessions();
        assertThat(lock.isHeldByCurrentThread()).isFalse();
        assertThat(lock.tryLock()).isTrue();
        assertThat(lock.fencingToken()).isGreaterThan(token);
        assertThat(lock.isHeldByCurrentThread()).isTrue();
        lock.unlock();
        assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
    }

    @Test
    void theSignalOfALossNeverCompletesAfterTheUnlock() throws Exception {
        lock.lock();
        CompletableFuture<LossCause> lost = lock.lost().toCompletableFuture();
        lock.unlock();
        clients.endSessions();
        try (Grant grant = one.mutex("x").acquire()) {
            assertThat(grant.isHeld()).isTrue();
        }
        assertThat(lost).isNotDone();
    }

    /** A thread that need not unlock after a loss is still known as an owner. */
    @Test
    void theTextShowsTheThreadThatHoldsTheLockBeforeThoseThatHaveLostIt() throws Exception {
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        List<CompletableFuture<Boolean>> formerOwners = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            CompletableFuture<Void> owns = new CompletableFuture<>();
            CompletableFuture<Void> end = new CompletableFuture<>();
            ends.add(end);
            formerOwners.add(Threads.inThread(() -> {
                lock.lock();
                owns.complete(null);
                end.join();
                return true;
            }));
            owns.get(10, TimeUnit.SECONDS);
            clients.endSessions();
            lock.lock();
            assertThat(lock.toString())
                    .contains("thread " + Thread.currentThread().getName() + " has", ", held");
            lock.unlock();
        }
        ends.forEach(end -> end.complete(null));
        for (CompletableFuture<Boolean> owner : formerOwners) {
            owner.get(10, TimeUnit.SECONDS);
        }
    }
}
