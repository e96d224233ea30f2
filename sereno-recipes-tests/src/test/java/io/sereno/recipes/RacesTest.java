package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.GrantLostException;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.Peer;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.election.ElectionRecipe;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.mutex.MutexQueue;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.TimeSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Interleavings that once failed, each constructed by hand. */
@Timeout(30)
class RacesTest {
    private static final Duration MOMENT = Duration.ofMillis(100);
    private final Clients clients = new Clients();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aReleaseDuringALookCausesAnotherLook() {
        Hold held = granted(acquire(client(clients.line())));
        FaultyBackend line = clients.line();
        line.next(RacesTest::isCheck, Fate.delayReply(MOMENT));
        RightRequest waiter = acquire(client(line));

        surrender(held);
        assertThat(waiter.result()).isNotDone();
        clients.time.advance(MOMENT);

        assertThat(waiter.result()).isCompleted();
    }

    @Test
    void aRemovalDuringACheckOfTheOwnEntryIsNotMissed() throws Exception {
        FaultyBackend line = clients.line();
        Hold held = granted(acquire(client(line)));
        line.next(RacesTest::isCheck, Fate.delayReply(MOMENT));
        clients.time.advance(Clients.TTL.dividedBy(3));
        assertThat(held.isHeld()).isTrue();

        clients.removeAll("lock/x");
        clients.time.advance(MOMENT);

        assertThat(held.isHeld()).isFalse();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.ENTRY_REMOVED);
    }

    @Test
    void aDeadlineThatWasSeenToPassIsNotUndoneByALaterRenewal() {
        AtomicLong ahead = new AtomicLong();
        TimeSource clock = new TimeSource() {
            @Override
            public long nanoTime() {
                return clients.time.nanoTime() + ahead.get();
            }

            @Override
            public Instant wall() {
                return clients.time.wall();
            }

            @Override
            public Runnable schedule(Duration delay, Executor executor, Runnable task) {
                return clients.time.schedule(delay, executor, task);
            }
        };
        Hold held = granted(acquire(clients.client("a", clients.line(), clock, clients.callbacks)));

        // A thread that runs late reads a later time than the renewal that is under way.
        ahead.set(Clients.TTL.toNanos());
        assertThatThrownBy(held::release).isInstanceOf(GrantLostException.class);
        ahead.set(0);
        clients.time.advance(Clients.TTL.multipliedBy(2));

        assertThat(held.isHeld()).isFalse();
        assertThat(acquire(client(clients.line())).result()).isCompleted();
    }

    @Test
    void aLeaderWhoseStoreCannotBeReadIsCalledAllTheSame() throws Exception {
        FaultyBackend line = clients.line();
        line.each(Request.reads(), Fate.refuse());
        LeaderElection election = election(client(line))
                .onElectedLeader((leadership, topology) -> events.add("leads " + topology.isLeader()))
                .start();
        assertThat(election.awaitLeadership().isHeld()).isTrue();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("leads true");
    }

    @Test
    void aFormerLeaderWithoutTheStoreGetsTheFollowerCallback() throws Exception {
        FaultyBackend line = clients.line();
        LeaderElection election = election(client(line))
                .onElectedLeader((leadership, topology) -> events.add("leads"))
                .onElectedFollower(topology -> events.add("follows"))
                .start();
        election.awaitLeadership();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("leads");

        line.cutOff(MOMENT);
        clients.time.advance(Clients.TTL);

        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("follows");
        assertThat(election.state()).isEqualTo(LeaderElection.State.SUSPENDED);
        assertThat(election.lastError()).containsInstanceOf(NotAppliedException.class);
        line.heal();
        clients.time.advance(Clients.TTL);
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("leads");
        assertThat(election.lastError()).isEmpty();
    }

    @Test
    void aResignedLeaderSeesTheNewLeaderWithoutANotice() throws Exception {
        FaultyBackend line = clients.line();
        LeaderElection first = election(client(line))
                .onElectedFollower(topology -> events.add(
                        "follows " + topology.leader().map(Peer::nodeId).orElse("nobody")))
                .start();
        first.awaitLeadership();
        line.holdNotices();
        LeaderElection second = election(clients.client("b", clients.line(), clients.time, clients.callbacks))
                .start();

        first.resign();

        assertThat(second.awaitLeadership().isHeld()).isTrue();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("follows b");
    }

    @Test
    void anExecutorThatFailsOnceStopsNoLaterCallback() throws Exception {
        AtomicBoolean failing = new AtomicBoolean(true);
        Executor users = task -> {
            if (failing.get()) {
                throw new OutOfMemoryError("made by a test");
            }
            clients.callbacks.execute(task);
        };
        Client client = clients.client("a", clients.line(), clients.time, users);
        LeaderElection election = election(client)
                .onElectedLeader((leadership, topology) -> events.add("leads"))
                .start();
        election.awaitLeadership();
        assertThat(events).isEmpty();

        failing.set(false);
        election.resign();

        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("leads");
    }

    @Test
    void aCallbackThatItsExecutorKeptWaitingDoesNotBeginAfterTheClose() throws Exception {
        BlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>();
        Client client = clients.client("a", clients.line(), clients.time, waiting::add);
        LeaderElection election = election(client)
                .onElectedLeader((leadership, topology) -> events.add("leads"))
                .start();
        election.awaitLeadership();
        Runnable callback = waiting.take();

        CompletableFuture<Boolean> closed = Threads.inThread(() -> {
            election.close();
            return true;
        });
        clients.passUntilDone(closed, Duration.ofSeconds(6));
        callback.run();

        assertThat(events).isEmpty();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void anEmptiedQueueDoesNotMakeAClientWaitForItself() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        line.next(Request.commitsTo("lock/x"), Fate.delayRequest(Duration.ofSeconds(8)));
        RightRequest waiter = acquire(client);
        line.next(Request.commitsTo("lock/x"), Fate.delayReply(Duration.ofSeconds(4)));

        // Its first put is abandoned after a while, and a withdrawn entry blocks it; that entry is removed before the
        // put arrives.
        clients.time.advance(Duration.ofSeconds(6));
        clients.removeAll("lock/x");
        clients.time.advance(Duration.ofSeconds(6));

        assertThat(waiter.result()).isCompleted();
        surrender(granted(waiter));
        assertThat(granted(acquire(client(clients.line()))).isHeld()).isTrue();
    }

    @Test
    void aBackendThatThrowsAnErrorOnceStopsNoRequest() {
        AtomicBoolean failing = new AtomicBoolean(true);
        Backend sound = clients.store.connect(Runnable::run);
        Backend backend = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    boolean ours = arguments != null
                            && arguments[0] instanceof Commit commit
                            && commit.directory().equals("lock/x");
                    if (ours && failing.getAndSet(false)) {
                        throw new NoClassDefFoundError("made by a test");
                    }
                    try {
                        return method.invoke(sound, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
        RightRequest waiter = acquire(client(backend));
        assertThat(failing).isFalse();

        clients.time.advance(Duration.ofSeconds(5));

        assertThat(waiter.result()).isCompleted();
    }

    @Test
    void closingInALeaderCallbackThatReleasedItsRightWaitsForNothing() throws Exception {
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        LeaderElection election = election(client(clients.line()));
        election.onElectedLeader((leadership, topology) -> {
                    leadership.release();
                    election.close();
                    closed.complete(true);
                })
                .start();
        assertThat(closed.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCallerThatWasCutOffIsNotReportedAsQueued() {
        Hold held = granted(acquire(client(clients.line())));
        FaultyBackend line = clients.line();
        Client cut = client(line);
        RightRequest waiter =
                new MutexRecipe(cut, "x", "lock/x").queue("test").request("test", false, Duration.ofSeconds(5));

        line.cutOff(MOMENT);
        clients.time.advance(Duration.ofMillis(4_500));
        surrender(held);
        clients.time.advance(Duration.ofSeconds(1));

        assertThatThrownBy(waiter.result()::join).hasCauseInstanceOf(NotAppliedException.class);
    }

    @Test
    void aTryThatIsStillLookingEndsWhenTheClientCloses() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        line.next(Request.reads(), Fate.delayReply(MOMENT));
        RightRequest attempt =
                new MutexRecipe(client, "x", "lock/x").queue("try").request("try", true, null);
        assertThat(attempt.result()).isNotDone();

        client.close();

        assertThatThrownBy(attempt.result()::join).hasCauseInstanceOf(SerenoClosedException.class);
        assertThat(client.shared(MutexQueue.QUEUES).size()).isZero();
    }

    @Test
    void aReleaseWaitsForTheStoreWhenTheCallersInLineHaveGone() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        Hold held = granted(acquire(client));
        RightRequest other =
                new MutexRecipe(client, "x", "lock/x").queue("test").request("test", false, Duration.ofSeconds(1));
        clients.time.advance(Duration.ofSeconds(2));
        assertThat(other.result()).isCompletedWithValue(Optional.empty());

        line.next(Request.commitsTo("lock/x"), Fate.delayReply(MOMENT));
        CompletableFuture<Void> released = held.surrender();

        assertThat(released).isNotDone();
        clients.time.advance(MOMENT);
        assertThat(released).isDone();
    }

    /** Their order on the strand: the waiter leaves, then the holder finds no caller for the lock. */
    @Test
    void aReleaseWaitsForTheStoreWhenTheLastWaiterGivesUpInTheSameMoment() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        Hold held = granted(acquire(client));
        MutexQueue queue = new MutexRecipe(client, "x", "lock/x").queue("test");
        RightRequest first = queue.request("test", false, Duration.ofSeconds(1));
        RightRequest last = acquire(client);
        line.next(Request.commitsTo("lock/x"), Fate.delayReply(MOMENT));
        List<CompletableFuture<Void>> released = new ArrayList<>();
        var unused = first.result().thenRun(() -> {
            var unusedWithdrawal = queue.withdraw(last);
            released.add(held.surrender());
        });

        clients.time.advance(Duration.ofSeconds(1));

        assertThat(released).singleElement().satisfies(done -> assertThat(done).isNotDone());
        clients.time.advance(MOMENT);
        assertThat(released.get(0)).isDone();
    }

    @Test
    void aReleaseThatMakesRoomForOtherClientsWaitsForTheStore() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        Hold held = granted(acquire(client));
        RightRequest waiter = acquire(client);
        clients.time.advance(Duration.ofMillis(20)); // The series is over.
        line.next(Request.commitsTo("lock/x"), Fate.delayReply(MOMENT));

        CompletableFuture<Void> released = held.surrender();

        assertThat(released).isNotDone();
        clients.time.advance(MOMENT);
        assertThat(released).isDone();
        assertThat(granted(waiter).isHeld()).isTrue();
    }

    @Test
    void aCloseWaitsForTheRevocationThatIsUnderWay() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        line.next(request -> request instanceof Request.RevokeLease, Fate.delayRequest(MOMENT));
        var unused = line.endLease(line.leases().get(0));
        CompletableFuture<Void> closed = client.sessions().close(Duration.ofSeconds(1));

        assertThat(closed).isNotDone();
        clients.time.advance(MOMENT);
        assertThat(closed).isDone();
    }

    /** Many times, since the order in which a client closes its objects is not defined. */
    @Test
    void aWaitForTheLeadershipFailsAtTheCloseOfTheClientWithoutAnElection() throws Exception {
        for (int i = 0; i < 30; i++) {
            Client client = client(clients.line());
            Leadership first = election(client).start().awaitLeadership();
            LeaderElection second = election(client).start();
            CompletableFuture<Leadership> waiter = Threads.inThread(second::awaitLeadership);

            client.close();

            assertThatThrownBy(() -> waiter.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
            assertThat(first.lost().toCompletableFuture().get(10, TimeUnit.SECONDS))
                    .isEqualTo(LossCause.SERENO_CLOSED);
        }
    }

    @Test
    void anUnreadableEntryIsSkippedLineByLine() throws Exception {
        Client client = client(clients.line());
        LeaderElection election = election(client)
                .onPeerJoined((peer, topology) -> events.add("joined " + peer.metadata()))
                .start();
        election.awaitLeadership();

        Bytes garbage = Bytes.utf8("sereno/9 card\nsince yesterday\nnode\nmeta one\nmeta a b\nmeta % %zz\n");
        var unused = clients.store
                .connect(Runnable::run)
                .commit(Commit.to("election/e").put("3kd82jD0aXq-1", garbage).build());

        assertThat(events.poll(10, TimeUnit.SECONDS)).contains("a=b").contains("%=%zz");
        assertThat(election.state()).isEqualTo(LeaderElection.State.LEADER);
    }

    private static boolean isCheck(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().directory().equals("lock/x")
                && commit.commit().writes().isEmpty();
    }

    private Client client(Backend backend) {
        return clients.client("node", backend, clients.time, clients.callbacks);
    }

    private static LeaderElection election(Client client) {
        return new ElectionRecipe(client, "e", "election/e");
    }

    private static RightRequest acquire(Client client) {
        return new MutexRecipe(client, "x", "lock/x").queue("test").request("test", false, null);
    }

    private static Hold granted(RightRequest request) {
        return request.result().join().orElseThrow();
    }

    private static void surrender(Hold hold) {
        assertThat(hold.surrender()).isDone();
    }
}
