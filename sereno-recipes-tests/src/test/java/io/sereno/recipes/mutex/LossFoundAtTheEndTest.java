package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.SerenoObserver;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LossDuringARelease;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.RightRequest;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A release finds that the right was lost: the store refuses the deletion of the entry because the entry is gone. That is proof only if no
 * earlier attempt of the same deletion can have removed it.
 */
@Timeout(30)
class LossFoundAtTheEndTest {
    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final BlockingQueue<String> observed = new LinkedBlockingQueue<>();
    private final SerenoClient here = clients.connect("here", line, new SerenoObserver() {
        @Override
        public void lost(String recipe, String name, long fencingToken, LossCause cause) {
            observed.add(recipe + " " + name + " " + fencingToken + " " + cause);
        }
    });
    private final Mutex mutex = here.mutex("x");

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void releaseReportsThatTheGrantWasLost() throws Exception {
        Grant grant = mutex.acquire();
        clients.removeAll("lock/x");

        assertThatThrownBy(grant::release)
                .isInstanceOfSatisfying(
                        GrantLostException.class,
                        lost -> assertThat(lost.lossCause()).isEqualTo(LossCause.ENTRY_REMOVED));
        assertThatThrownBy(grant::release).as("a second time").isInstanceOf(GrantLostException.class);
        assertThat(observed.poll(10, TimeUnit.SECONDS)).isEqualTo("mutex x " + grant.fencingToken() + " ENTRY_REMOVED");
        assertThat(grant.lost().toCompletableFuture()).as("lost()").isNotDone();
    }

    @Test
    void closeDoesNotReportTheLoss() throws Exception {
        Grant grant = mutex.acquire();
        clients.removeAll("lock/x");

        grant.close();

        assertThat(grant.isHeld()).isFalse();
    }

    @Test
    void aReleaseThatFindsItsEntryIsNoLoss() throws Exception {
        mutex.acquire().release();
        assertThat(observed).isEmpty();
    }

    @Test
    void theRefusalOfARepeatedDeletionProvesNothing() throws Exception {
        Grant grant = mutex.acquire();
        line.next(LossFoundAtTheEndTest::isDeletion, Fate.loseReply());

        CompletableFuture<Boolean> released = release(grant);
        clients.passUntilDone(released, Clients.OPERATION_TIMEOUT);

        assertThat(released.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(observed).isEmpty();
    }

    @Test
    void aDeletionThatFirstDidNotReachTheStoreStillProvesALoss() throws Exception {
        Grant grant = mutex.acquire();
        clients.removeAll("lock/x");
        line.next(LossFoundAtTheEndTest::isDeletion, Fate.refuse());

        CompletableFuture<Boolean> released = release(grant);
        clients.passUntilDone(released, Clients.OPERATION_TIMEOUT);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(GrantLostException.class);
    }

    @Test
    void theLossIsFoundAlsoIfTheEntryIsReplacedByANewOne() throws Exception {
        Grant grant = mutex.acquire();
        RightRequest next =
                new MutexRecipe(here.client(), "x", "lock/x").queue("test").request("test", false, null);
        clients.time.advance(Duration.ofMillis(20)); // The series is over: the entry is given back, and a new one put.
        clients.removeAll("lock/x");

        CompletableFuture<Boolean> released = release(grant);
        clients.passUntilDone(released, Clients.OPERATION_TIMEOUT);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(GrantLostException.class);
        clients.passUntilDone(next.result(), Clients.OPERATION_TIMEOUT);
        Grant second = next.result().join().orElseThrow();
        assertThat(second.fencingToken()).isGreaterThan(grant.fencingToken());
        second.release();
    }

    @Test
    void theLossIsFoundAlsoIfTheStoreReportsThatTheLeaseIsDead() throws Exception {
        Grant grant = mutex.acquire();
        RightRequest next =
                new MutexRecipe(here.client(), "x", "lock/x").queue("test").request("test", false, null);
        clients.time.advance(Duration.ofMillis(20)); // The series is over: the entry is given back, and a new one put.
        line.holdNotices();
        line.endLease(line.leases().get(0)).toCompletableFuture().join();

        CompletableFuture<Boolean> released = release(grant);
        clients.passUntilDone(released, Clients.OPERATION_TIMEOUT);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        GrantLostException.class,
                        lost -> assertThat(lost.lossCause()).isEqualTo(LossCause.SESSION_EXPIRED));
        clients.passUntilDone(next.result(), Clients.OPERATION_TIMEOUT);
        next.result().join().orElseThrow().release();
    }

    @Test
    void workUnderALockThatWasLostMeanwhileFails() {
        assertThatThrownBy(() -> mutex.call(grant -> {
                    clients.removeAll("lock/x");
                    return "done";
                }))
                .isInstanceOf(GrantLostException.class);
    }

    @Test
    void unlockReportsThatTheLockWasLost() {
        Lock lock = mutex.asLock();
        lock.lock();
        clients.removeAll("lock/x");

        assertThatThrownBy(lock::unlock).isInstanceOf(GrantLostException.class);
    }

    @Test
    void aLostLeadershipReportsTheLossWhenItIsReleased() throws Exception {
        Leadership leadership = here.election("e").start().awaitLeadership();
        clients.removeAll("election/e");

        assertThatThrownBy(leadership::release).isInstanceOf(GrantLostException.class);
        assertThat(observed.poll(10, TimeUnit.SECONDS))
                .isEqualTo("election e " + leadership.fencingToken() + " ENTRY_REMOVED");
    }

    @Test
    void theLossIsFoundAlsoIfItIsNoticedWhileTheReleaseWaitsForItsTurn() throws Exception {
        Grant grant = mutex.acquire();
        MutexQueue queue = here.client().shared(MutexQueue.QUEUES).get("lock/x", Threads::nothing);

        CompletableFuture<Boolean> released = LossDuringARelease.of(grant, "lock/x", queue.strand(), clients, line);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        GrantLostException.class,
                        lost -> assertThat(lost.lossCause()).isEqualTo(LossCause.ENTRY_REMOVED));
        assertThat(observed.poll(10, TimeUnit.SECONDS)).isEqualTo("mutex x " + grant.fencingToken() + " ENTRY_REMOVED");
    }

    private static CompletableFuture<Boolean> release(Grant grant) {
        return Threads.inThread(() -> {
            grant.release();
            return true;
        });
    }

    private static boolean isDeletion(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().directory().equals("lock/x")
                && commit.commit().writes().stream().allMatch(Write.Delete.class::isInstance)
                && !commit.commit().writes().isEmpty();
    }
}
