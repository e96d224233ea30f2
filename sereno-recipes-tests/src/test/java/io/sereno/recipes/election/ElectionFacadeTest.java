package io.sereno.recipes.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.Peer;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The election as its users see it: states, waiting, interrupts, errors, callbacks that last, throw or hang. */
@Timeout(60)
class ElectionFacadeTest {
    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final Sereno two = clients.connect("two");
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        Thread.interrupted();
        clients.close();
    }

    @Test
    void beforeTheStartItObservesAndAfterTheCloseNothingIsAccepted() throws Exception {
        LeaderElection leader = one.election("e").start();
        Leadership leadership = leader.awaitLeadership();
        LeaderElection election = two.election("e");
        assertThat(election.state()).isEqualTo(LeaderElection.State.OBSERVING);
        assertThat(election.topology().leader()).map(Peer::nodeId).contains("one");
        assertThat(election.topology().self()).isEmpty();
        assertThat(election.leadership()).isEmpty();
        assertThatIllegalStateException().isThrownBy(election::awaitLeadership).withMessageContaining("start()");

        leader.close();
        leader.close();

        assertThat(leadership.isHeld()).isFalse();
        assertThat(leadership.lost().toCompletableFuture()).isNotDone();
        assertThat(leader.state()).isEqualTo(LeaderElection.State.CLOSED);
        assertThatIllegalStateException().isThrownBy(leader::start);
        assertThatIllegalStateException().isThrownBy(leader::topology);
        assertThatIllegalStateException().isThrownBy(leader::awaitLeadership);
        assertThat(election.topology().peers()).isEmpty();
    }

    @Test
    void badArgumentsAndASecondStartAreRefused() {
        LeaderElection election = one.election("e");
        assertThatNullPointerException().isThrownBy(() -> election.onElectedLeader(Threads.nothing()));
        assertThatNullPointerException().isThrownBy(() -> election.metadata(Threads.nothing()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> election.metadata(Map.of("k", "v".repeat(16 * 1024))))
                .withMessageContaining("16385");
        assertThatIllegalArgumentException().isThrownBy(() -> one.election(""));
        election.metadata(Map.of("k", "v".repeat(16 * 1024 - 1))).start();
        assertThatIllegalStateException().isThrownBy(election::start).withMessageContaining("started before");
        assertThatIllegalStateException().isThrownBy(() -> election.onPeerLeft((peer, topology) -> {}));
        assertThatIllegalArgumentException().isThrownBy(() -> election.awaitLeadership(Duration.ofSeconds(-1)));
    }

    @Test
    void theEndOfAWaitIsNotTheEndOfTheCandidacy() throws Exception {
        LeaderElection first = one.election("e").start();
        first.awaitLeadership();
        LeaderElection second = two.election("e")
                .onElectedFollower(topology -> events.add("follows"))
                .start();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("follows");
        CompletableFuture<Optional<Leadership>> timed =
                Threads.inThread(() -> second.awaitLeadership(Duration.ofSeconds(2)));
        clients.passUntilDone(timed, Duration.ofSeconds(4));
        assertThat(timed.join()).isEmpty();
        Thread.currentThread().interrupt();
        assertThatThrownBy(second::awaitLeadership).isInstanceOf(InterruptedException.class);
        first.close();
        assertThat(second.awaitLeadership().isHeld()).isTrue();
    }

    @Test
    void anInterruptEndsTheWaitAndNotTheCandidacy() throws Exception {
        LeaderElection first = one.election("e").start();
        first.awaitLeadership();
        LeaderElection second = two.election("e").start();
        Threads.interruptWhenWaiting(second::awaitLeadership);
        Threads.interruptWhenWaiting(() -> second.awaitLeadership(Duration.ofHours(1)));
        Thread.currentThread().interrupt();
        first.resign();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(second.awaitLeadership().isHeld()).isTrue();
    }

    @Test
    void aCloseEndsTheWaitOfEveryThreadWithAnErrorOfItsOwn() throws Exception {
        one.election("e").start().awaitLeadership();
        LeaderElection second = two.election("e").start();
        List<CompletableFuture<Leadership>> waiters = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            AtomicReference<Thread> waiter = new AtomicReference<>();
            waiters.add(Threads.inThread(() -> {
                waiter.set(Thread.currentThread());
                return second.awaitLeadership();
            }));
            Threads.parked(waiter);
        }

        second.close();

        List<Throwable> failures = new ArrayList<>();
        for (CompletableFuture<Leadership> waiter : waiters) {
            failures.add(catchThrowable(() -> waiter.get(10, TimeUnit.SECONDS)).getCause());
        }
        assertThat(failures)
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("was closed"));
        assertThat(failures.get(0)).isNotSameAs(failures.get(1));
    }

    @Test
    void aWaitWithoutAStoreIsAnError() {
        FaultyBackend line = clients.line();
        LeaderElection election = clients.connect("three", line).election("e");
        line.cutOff(Duration.ofMillis(100));
        election.start();
        CompletableFuture<Optional<Leadership>> timed =
                Threads.inThread(() -> election.awaitLeadership(Duration.ofSeconds(20)));
        clients.passUntilDone(timed, Duration.ofSeconds(25));
        assertThatThrownBy(timed::join).hasCauseInstanceOf(NotAppliedException.class);
        assertThat(election.lastError()).isPresent();
        assertThat(election.state()).isEqualTo(LeaderElection.State.SUSPENDED);
    }

    @Test
    void aLongLeaderCallbackIsInterruptedByTheLossAndTheCandidateEnrolsOnlyAfterIt() throws Exception {
        CountDownLatch mayReturn = new CountDownLatch(1);
        LeaderElection election = one.election("e")
                .onElectedLeader((leadership, topology) -> {
                    events.add("leads");
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException interrupted) {
                        events.add("interrupted");
                        while (mayReturn.getCount() > 0) {
                            Thread.onSpinWait();
                        }
                    }
                })
                .start();
        Leadership first = election.awaitLeadership();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("leads");

        clients.endSessions();

        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
        assertThat(first.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.SESSION_EXPIRED);
        clients.time.advance(Clients.TTL);
        assertThat(two.election("e").topology().peers()).isEmpty();
        mayReturn.countDown();
        CompletableFuture<Leadership> second = Threads.inThread(election::awaitLeadership);
        clients.passUntilDone(second, Clients.TTL);
        assertThat(second.join().fencingToken()).isGreaterThan(first.fencingToken());
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("leads");
    }

    @Test
    void anExceptionOfACallbackIsReportedAndEndsNothing() throws Exception {
        LeaderElection election = one.election("e")
                .onElectedLeader((leadership, topology) -> {
                    throw new IllegalStateException("of the callback");
                })
                .onPeerJoined((peer, topology) -> {
                    events.add("joined " + peer.nodeId());
                    throw new IllegalStateException("of the callback");
                })
                .onPeerLeft((peer, topology) -> events.add("left " + peer.nodeId()))
                .start();
        Leadership leadership = election.awaitLeadership();
        LeaderElection other = two.election("e").start();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("joined two");
        other.close();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("left two");
        assertThat(leadership.isHeld()).isTrue();
        assertThat(election.lastError()).isEmpty();
    }

    @Test
    void aHangingCallbackDelaysNeitherTheLossNorAClose() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        LeaderElection election = one.election("e")
                .onElectedFollower(topology -> {})
                .onPeerJoined((peer, topology) -> {
                    events.add("joined");
                    while (release.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                })
                .start();
        Leadership leadership = election.awaitLeadership();
        two.election("e").start();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("joined");
        clients.removeAll("election/e");
        clients.removeAll("session");
        assertThat(leadership.lost().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isNotNull();
        CompletableFuture<Boolean> closed = Threads.inThread(() -> {
            election.close();
            return true;
        });
        clients.passUntilDone(closed, Duration.ofSeconds(6));
        release.countDown();
    }

    @Test
    void aClosedClientIsReported() {
        LeaderElection election = one.election("e");
        one.close();
        assertThatThrownBy(election::start).isInstanceOf(SerenoClosedException.class);
        assertThat(election.state()).isEqualTo(LeaderElection.State.CLOSED);
    }
}
