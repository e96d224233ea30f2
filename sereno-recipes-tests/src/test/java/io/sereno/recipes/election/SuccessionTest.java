package io.sereno.recipes.election;

import static io.sereno.recipes.Threads.inThread;
import static io.sereno.recipes.Threads.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.OutcomeUnknownException;
import io.sereno.Peer;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.kernel.Card;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who leads next: priorities, and transfers. */
@Timeout(30)
class SuccessionTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Clients clients = new Clients();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void theCandidateOfTheHighestPriorityLeadsNext() throws Exception {
        LeaderElection a = leading("a");
        LeaderElection b = candidate("b");
        LeaderElection c = clients.connect("c").election("e").priority(5).start();
        LeaderElection d = clients.connect("d").election("e").priority(2).start();
        awaitOrder("a", "c", "d", "b");
        assertThat(a.leadership()).as("nobody is deposed").isPresent();

        a.resign();
        assertThat(c.awaitLeadership(LONG)).isPresent();
        awaitOrder("c", "d", "b", "a");
        c.close();
        assertThat(d.awaitLeadership(LONG)).isPresent();
        d.close();
        assertThat(b.awaitLeadership(LONG)).isPresent();
    }

    @Test
    void candidatesOfOnePriorityKeepTheirOrder() {
        leading("a");
        for (String id : List.of("b", "c", "d")) {
            clients.connect(id).election("e").priority(7).start();
            until(() -> peers().contains(id));
        }
        awaitOrder("a", "b", "c", "d");
    }

    @Test
    void aPriorityMayChangeAtAnyTime() throws Exception {
        LeaderElection a = leading("a");
        candidate("b");
        LeaderElection c = candidate("c");
        awaitOrder("a", "b", "c");
        c.priority(1);
        awaitOrder("a", "c", "b");
        c.priority(-1);
        awaitOrder("a", "b", "c");
        a.resign();
        awaitOrder("b", "a", "c");
    }

    @Test
    void aLeaderHandsOverToThePeerThatItChoseAfterThatIsPrepared() throws Exception {
        LeaderElection a = leading("a");
        Leadership former = a.leadership().orElseThrow();
        candidate("b");
        LeaderElection c = clients.connect("c")
                .election("e")
                .onPreparing(from -> events.add("c prepares, " + from.nodeId() + " leads: " + former.isHeld()))
                .onElectedLeader((leadership, topology) -> events.add("c leads"))
                .start();
        awaitOrder("a", "b", "c");

        CompletableFuture<Boolean> transferred = inThread(() -> a.transferTo(peer(a, "c"), LONG));

        assertThat(transferred.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("c prepares, a leads: true");
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("c leads");
        assertThat(former.isHeld()).isFalse();
        assertThat(former.lost().toCompletableFuture()).isNotDone();
        assertThat(c.awaitLeadership().fencingToken()).isGreaterThan(former.fencingToken());
        assertThat(peers()).startsWith("c");
        assertThat(peers()).containsExactlyInAnyOrder("c", "b", "a");
    }

    /** The peer is chosen, so it gives way to nobody, and all others give way to it. */
    @Test
    void aPeerOfLowPriorityTakesOver() throws Exception {
        LeaderElection a = leading("a");
        clients.connect("b").election("e").priority(9).start();
        LeaderElection c = candidate("c");
        awaitOrder("a", "b", "c");
        assertThat(inThread(() -> a.transferTo(peer(a, "c"), LONG)).get(10, TimeUnit.SECONDS))
                .isTrue();
        assertThat(c.leadership()).isPresent();
        c.resign();
        until(() -> peers().get(0).equals("b"));
    }

    @Test
    void aTransferInsideTheLeaderCallbackDoesNotInterruptIt() throws Exception {
        CompletableFuture<Boolean> transferred = new CompletableFuture<>();
        CountDownLatch others = new CountDownLatch(1);
        LeaderElection a = clients.connect("a").election("e");
        a.onElectedLeader((leadership, topology) -> {
                    try {
                        others.await();
                        transferred.complete(a.transferTo(peer(a, "b"), LONG));
                    } catch (Exception failure) {
                        transferred.completeExceptionally(failure);
                    }
                })
                .start();
        a.awaitLeadership();
        LeaderElection b = candidate("b");
        awaitOrder("a", "b");
        others.countDown();
        assertThat(transferred.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(b.leadership()).isPresent();
        awaitOrder("b", "a");
    }

    @Test
    void aPeerThatIsNotPreparedInTimeDoesNotTakeOver() throws Exception {
        LeaderElection a = leading("a");
        CountDownLatch never = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        LeaderElection b = clients.connect("b").election("e");
        b.onPreparing(from -> {
                    try {
                        never.await();
                    } catch (InterruptedException expected) {
                        interrupted.complete(true);
                    }
                    throw new IllegalStateException("not prepared");
                })
                .start();
        awaitOrder("a", "b");
        CompletableFuture<Boolean> transferred = inThread(() -> a.transferTo(peer(a, "b"), Duration.ofSeconds(3)));
        until(() -> value("a").contains("preparing"));
        clients.passUntilDone(transferred, Duration.ofSeconds(4));

        assertThat(transferred.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(a.leadership()).isPresent();
        until(() -> !value("a").contains("preparing"));
        CompletableFuture<Boolean> atOnce = inThread(() -> a.transferTo(peer(a, "b"), Duration.ZERO));
        clients.passUntilDone(atOnce, Duration.ofSeconds(1));
        assertThat(atOnce.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(a.leadership()).isPresent();
    }

    @Test
    void aTransferEndsWhenThePeerLeaves() throws Exception {
        LeaderElection a = leading("a");
        CountDownLatch preparing = new CountDownLatch(1);
        LeaderElection b = clients.connect("b").election("e");
        b.onPreparing(from -> {
                    preparing.countDown();
                    throw new IllegalStateException("not prepared");
                })
                .start();
        awaitOrder("a", "b");
        CompletableFuture<Boolean> transferred = inThread(() -> a.transferTo(peer(a, "b"), LONG));
        preparing.await();
        b.close();
        assertThat(transferred.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(a.leadership()).isPresent();
    }

    /** It left before the leader looked, so no look shows it, and perhaps none shows a change. */
    @Test
    void aTransferToAPeerThatHasLeftEndsAtOnce() throws Exception {
        LeaderElection a = leading("a");
        LeaderElection b = candidate("b");
        Peer left = peer(a, "b");
        b.close();
        until(() -> a.topology().peers().size() == 1);
        assertThat(inThread(() -> a.transferTo(left, LONG)).get(10, TimeUnit.SECONDS))
                .isFalse();
        assertThat(a.leadership()).isPresent();
        until(() -> !value("a").contains("preparing"));
    }

    @Test
    void anInterruptWithdrawsTheTransfer() throws Exception {
        LeaderElection a = leading("a");
        LeaderElection b = clients.connect("b").election("e");
        CountDownLatch never = new CountDownLatch(1);
        b.onPreparing(from -> await(never)).start();
        awaitOrder("a", "b");
        CompletableFuture<Thread> caller = new CompletableFuture<>();
        CompletableFuture<Boolean> transferred = inThread(() -> {
            caller.complete(Thread.currentThread());
            return a.transferTo(peer(a, "b"), LONG);
        });
        until(() -> value("a").contains("preparing"));
        caller.get().interrupt();
        assertThatThrownBy(() -> transferred.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        until(() -> !value("a").contains("preparing"));
        assertThat(a.leadership()).isPresent();
    }

    /** The leader has given up, and cannot see who leads. */
    @Test
    void theOutcomeIsUnknownIfThePeerIsNotSeenToLead() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient one = clients.connect("a", line);
        LeaderElection a = one.election("e").start();
        a.awaitLeadership();
        LeaderElection b = candidate("b");
        awaitOrder("a", "b");
        AtomicBoolean gaveUp = new AtomicBoolean();
        line.each(request -> gaveUp.get(), Fate.refuse());
        line.each(
                request -> request instanceof Request.Commit commit
                        && commit.commit().directory().equals("election/e")
                        && commit.commit().writes().size() == 2 // The leader's place is exchanged for one at the tail.
                        && !gaveUp.getAndSet(true),
                Fate.loseReply());
        CompletableFuture<Boolean> transferred = inThread(() -> a.transferTo(peer(a, "b"), LONG));
        until(() -> b.leadership().isPresent());
        clients.passUntilDone(transferred, LONG.plus(Clients.OPERATION_TIMEOUT).plusSeconds(1));
        assertThatThrownBy(() -> transferred.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void badInputIsRefused() throws Exception {
        LeaderElection a = clients.connect("a").election("e");
        Peer stranger = new Peer("x", 77, Map.of());
        assertThatThrownBy(() -> a.transferTo(stranger, LONG))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("call start() first");
        a.start();
        a.awaitLeadership();
        assertThatThrownBy(() -> a.transferTo(stranger, Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        awaitOrder("a");
        assertThatThrownBy(() -> a.transferTo(peer(a, "a"), LONG))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("this candidate itself");
        assertThatThrownBy(() -> a.onPreparing(from -> {})).isInstanceOf(IllegalStateException.class);
        LeaderElection b = candidate("b");
        awaitOrder("a", "b");
        assertThat(b.transferTo(peer(b, "a"), LONG)).as("b does not lead").isFalse();
        assertThat(a.transferTo(stranger, LONG)).as("the peer is not there").isFalse();
        CountDownLatch never = new CountDownLatch(1);
        clients.connect("c").election("e").onPreparing(from -> await(never)).start();
        CompletableFuture<Boolean> first = inThread(() -> a.transferTo(peer(a, "c"), LONG));
        until(() -> value("a").contains("preparing"));
        assertThatThrownBy(() -> a.transferTo(stranger, LONG))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another transfer");
        a.close();
        assertThatThrownBy(() -> first.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> a.priority(1)).isInstanceOf(IllegalStateException.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException withdrawn) {
            throw new IllegalStateException(withdrawn);
        }
    }

    private LeaderElection candidate(String id) {
        LeaderElection election = clients.connect(id).election("e").start();
        until(() -> peers().contains(id));
        return election;
    }

    private LeaderElection leading(String id) {
        LeaderElection election = candidate(id);
        until(() -> election.leadership().isPresent());
        return election;
    }

    /** The candidate learns of its peers a little later than the store has their entries. */
    private static Peer peer(LeaderElection election, String id) {
        until(() -> find(election, id).isPresent());
        return find(election, id).orElseThrow();
    }

    private static Optional<Peer> find(LeaderElection election, String id) {
        return election.topology().peers().stream()
                .filter(peer -> peer.nodeId().equals(id))
                .findFirst();
    }

    private List<String> peers() {
        return clients.entries("election/e").stream()
                .sorted(Comparator.comparingLong(Entry::createRevision))
                .map(entry -> Card.decode(entry.value()).nodeId())
                .toList();
    }

    private String value(String id) {
        return clients.entries("election/e").stream()
                .map(entry -> entry.value().toUtf8())
                .filter(text -> text.contains("node " + id + "\n"))
                .findFirst()
                .orElse("");
    }

    private void awaitOrder(String... ids) {
        until(() -> peers().equals(List.of(ids)));
    }
}
