package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.LeaderElection;
import io.sereno.NotAppliedException;
import io.sereno.TopicReader;
import io.sereno.recipes.mutex.MutexQueue;
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
 * Every wait of the API that is given a time ends within 200 ms of its deadline (REC-8), though requests are under way that the store does not
 * answer. On a store that answers, however slowly, the end of the time is no outage.
 */
@Timeout(60)
class TimedWaitsTest {
    private static final Duration TIMEOUT = Duration.ofMillis(562);
    private static final Duration OVER = Duration.ofMillis(200);
    private static final Fate NEVER = Fate.delayReply(Duration.ofHours(1));

    interface Call {
        /** Whether it got a grant. */
        boolean within(Duration timeout) throws Exception;
    }

    /** All of them. */
    enum Wait {
        MUTEX {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.mutex("x").tryAcquire(timeout).isPresent();
            }
        },
        LOCK {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.mutex("x").asLock().tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS);
            }
        },
        READ {
            @Override
            Call by(SerenoClient here) {
                return timeout ->
                        here.readWriteMutex("r").tryAcquireRead(timeout).isPresent();
            }
        },
        WRITE {
            @Override
            Call by(SerenoClient here) {
                return timeout ->
                        here.readWriteMutex("r").tryAcquireWrite(timeout).isPresent();
            }
        },
        LOCK_SET {
            @Override
            Call by(SerenoClient here) {
                return timeout ->
                        here.lockSet("s").tryAcquire(Set.of("a", "b"), timeout).isPresent();
            }
        },
        PERMIT_POOL {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.permitPool("p", 2).tryAcquire(2, timeout).isPresent();
            }
        },
        SLOT_POOL {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.slotPool("n", 1).tryAcquire(timeout).isPresent();
            }
        },
        ELECTION {
            @Override
            Call by(SerenoClient here) {
                LeaderElection election = here.election("e");
                return timeout -> election.start().awaitLeadership(timeout).isPresent();
            }
        },
        WAIT_GROUP {
            @Override
            Call by(SerenoClient here) {
                return here.waitGroup("w")::await;
            }
        },
        BARRIER {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.barrier("b", 2).await("here", timeout);
            }
        },
        VALUE {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.value("v", Codec.utf8()).await("wanted"::equals, timeout);
            }
        },
        MAP {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.map("m", Codec.utf8()).await(map -> map.containsKey("wanted"), timeout);
            }
        },
        READER {
            @Override
            Call by(SerenoClient here) {
                TopicReader<String> reader = here.topic("t", Codec.utf8()).reader(new From.Earliest());
                return timeout -> reader.next(timeout).isPresent();
            }
        },
        DURABLE_READER {
            @Override
            Call by(SerenoClient here) {
                TopicReader<String> reader = here.topic("t", Codec.utf8()).reader(new From.Durable("d"));
                return timeout -> reader.next(timeout).isPresent();
            }
        },
        IDS {
            @Override
            Call by(SerenoClient here) {
                return timeout -> here.ids("i").tryNextId(timeout).isPresent();
            }
        };

        abstract Call by(SerenoClient here);
    }

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();

    @AfterEach
    void close() {
        clients.close();
    }

    @ParameterizedTest
    @EnumSource
    void aWaitEndsEvenIfTheStoreIsSilentFromTheBeginning(Wait wait) throws Exception {
        Call call = wait.by(here());
        line.each(request -> true, NEVER);

        CompletableFuture<Boolean> ended = Threads.inThread(() -> call.within(TIMEOUT));

        clients.passUntilDone(ended, TIMEOUT.plus(OVER));
        assertThat(ended).isDone();
    }

    @ParameterizedTest
    @EnumSource
    void aWaitEndsEvenIfTheStoreFallsSilentMeanwhile(Wait wait) throws Exception {
        Call call = wait.by(here());
        var unused =
                clients.time.schedule(TIMEOUT.dividedBy(2), Runnable::run, () -> line.each(request -> true, NEVER));

        CompletableFuture<Boolean> ended = Threads.inThread(() -> call.within(TIMEOUT));

        clients.passUntilDone(ended, TIMEOUT.plus(OVER));
        assertThat(ended).isDone();
    }

    /** Each answer takes 50 ms, which is longer than the wait. */
    @ParameterizedTest
    @EnumSource
    void aWaitOnASlowStoreEndsEmptyAndDoesNotFail(Wait wait) throws Exception {
        Call call = wait.by(here());
        line.each(request -> true, Fate.delayReply(Duration.ofMillis(50)));

        CompletableFuture<Boolean> ended = Threads.inThread(() -> call.within(Duration.ofMillis(20)));

        clients.passUntilDone(ended, Duration.ofMillis(20).plus(OVER));
        assertThat(ended.get(10, TimeUnit.SECONDS)).isFalse();
    }

    /** Other clients hold the locks. */
    private SerenoClient here() throws Exception {
        SerenoClient others = clients.connect("others");
        var unused = others.mutex("x").acquire();
        var unused3 = others.readWriteMutex("r").acquireWrite();
        var unused4 = others.lockSet("s").acquire(Set.of("a"));
        var unused5 = others.permitPool("p", 2).acquire();
        var unused6 = others.slotPool("n", 1).acquire();
        var unused2 = others.election("e").start().awaitLeadership();
        others.waitGroup("w").add(1);
        return clients.connect("here", line);
    }

    @Test
    void aFreeLockThatASlowStoreHasNotGrantedInTimeIsNoOutage() throws Exception {
        SerenoClient here = clients.connect("here", line);
        line.each(request -> true, Fate.delayReply(Duration.ofMillis(50)));

        CompletableFuture<Boolean> ended = Threads.inThread(
                () -> here.mutex("x").tryAcquire(Duration.ofMillis(20)).isPresent());
        clients.passUntilDone(ended, Duration.ofMillis(220));

        assertThat(ended.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(clients.connect("other").mutex("x").tryAcquire()).isPresent();
    }

    @Test
    void aStoreThatAnswersNothingIsOutOfReach() throws Exception {
        SerenoClient here = clients.connect("here", line);
        line.each(request -> true, NEVER);

        CompletableFuture<Boolean> ended =
                Threads.inThread(() -> here.mutex("x").tryAcquire(TIMEOUT).isPresent());
        clients.passUntilDone(ended, TIMEOUT.plus(OVER));

        assertThatThrownBy(() -> ended.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
    }

    /** The answer to an earlier request comes in meanwhile: it was under way when the store went out of reach. */
    @ParameterizedTest
    @EnumSource(names = {"MUTEX", "LOCK", "READ", "WRITE", "LOCK_SET", "ELECTION", "WAIT_GROUP", "VALUE", "MAP"})
    void anAnswerThatWasUnderWayDoesNotShowThatTheStoreIsReachable(Wait wait) throws Exception {
        SerenoClient here = here();
        Call call = wait.by(here);
        Counter counter = here.counter("c");
        assertThat(counter.incrementAndGet()).isEqualTo(1);
        line.next(Request.commitsTo("counter/c"), Fate.delayReply(Duration.ofMillis(10)));
        CompletableFuture<Long> earlier = counter.addAsync(1).toCompletableFuture();
        line.each(request -> true, NEVER);

        CompletableFuture<Boolean> ended = Threads.inThread(() -> call.within(TIMEOUT));
        clients.passUntilDone(ended, TIMEOUT.plus(OVER));

        assertThat(earlier.get(10, TimeUnit.SECONDS)).isEqualTo(2);
        assertThatThrownBy(() -> ended.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
    }

    /** The request that was out when the time ended takes effect, and is answered long afterwards. */
    @Test
    void anEnqueueUnderWayAtTheTimeoutIsWithdrawnAndNeverHeld() throws Exception {
        SerenoClient here = clients.connect("here", line);
        line.next(Request.commitsTo("lock/x"), Fate.delayReply(Duration.ofSeconds(2)));

        CompletableFuture<Boolean> ended =
                Threads.inThread(() -> here.mutex("x").tryAcquire(TIMEOUT).isPresent());
        clients.passUntilDone(ended, TIMEOUT.plus(OVER));
        CompletableFuture<Boolean> other = Threads.inThread(
                () -> clients.connect("other").mutex("x").acquire().isHeld());
        clients.passUntilDone(other, Clients.OPERATION_TIMEOUT);

        assertThat(other.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(here.mutex("x").inspect().holders()).hasSize(1);
        assertThat(here.client().shared(MutexQueue.QUEUES).size()).isZero();
    }
}
