package io.sereno.recipes;

import static io.sereno.recipes.Threads.awaitWaiters;
import static io.sereno.recipes.Threads.inThread;
import static io.sereno.recipes.Threads.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Barrier;
import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.LockView;
import io.sereno.Message;
import io.sereno.Mutex;
import io.sereno.Peer;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.recipes.connect.LogCapture;
import io.sereno.recipes.kernel.Place;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Entries that this version does not know are in a queue's directory: those of a later recipe, or another program's. They are no places, so
 * no client waits behind them and no view shows them. No time passes here, so a client behind one would wait for ever.
 */
@Timeout(30)
class UnknownEntriesTest {
    /** Entries of later recipes beside a queue, and names that differ a little from that of a place. */
    private static final List<String> UNKNOWN = List.of(
            "limit",
            "next",
            "last",
            "slot-3",
            "o-3kd82jD0aXq-4",
            "3kd82jD0aXq",
            "3kd82jD0aXq-",
            "3kd82jD0aXq-A",
            "3kd82jD0aXq-4-5",
            "3kd82jD0aXq 4",
            "3kd82jD0aX-4",
            "3kd82jD0aXqq-4",
            "3kd82jD0aXä-4",
            "-3kd82jD0aXq-4",
            "sereno");

    private final Clients clients = new Clients();
    private final Defects defects = new Defects();
    private final Backend operator = clients.store.connect(Runnable::run);
    private final long lease = operator.grantLease(Duration.ofHours(1))
            .toCompletableFuture()
            .join()
            .id();

    @AfterEach
    void close() {
        clients.close();
        defects.close();
        assertThat(defects.found()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMutexThatIsFreeIsGranted(boolean leased) throws Exception {
        put("lock/x", leased);
        Mutex mutex = clients.connect("one").mutex("x");
        Grant grant = inThread(mutex::acquire).get(10, TimeUnit.SECONDS);
        assertThat(grant.isHeld()).isTrue();
        assertThat(mutex.inspect().holders()).extracting(LockView.Place::nodeId).containsExactly("one");
        assertThat(mutex.inspect().waiters()).isEmpty();
        grant.release();
        assertThat(mutex.inspect()).isEqualTo(new LockView(List.of(), List.of()));
        assertThat(mutex.tryAcquire()).hasValueSatisfying(Grant::close);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWaiterForAMutexIsNotBlocked(boolean leased) throws Exception {
        Mutex first = clients.connect("one").mutex("x");
        Grant held = first.acquire();
        put("lock/x", leased);
        CompletableFuture<Grant> second = inThread(clients.connect("two").mutex("x")::acquire);
        awaitWaiters(first, 1);
        put("lock/x", !leased);
        CompletableFuture<Grant> third = inThread(clients.connect("three").mutex("x")::acquire);
        awaitWaiters(first, 2);
        assertThat(first.inspect().waiters()).extracting(LockView.Place::nodeId).containsExactly("two", "three");
        held.release();
        second.get(10, TimeUnit.SECONDS).release();
        third.get(10, TimeUnit.SECONDS).release();
    }

    /** More predecessors than one commit can prove gone. */
    @Test
    void aLongQueueIsNotHeldUp() throws Exception {
        Mutex first = clients.connect("first").mutex("x");
        Grant held = first.acquire();
        List<CompletableFuture<Grant>> waiting = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            put("lock/x", "unknown-" + i, i % 2 == 0);
            waiting.add(inThread(clients.connect("client " + i).mutex("x")::acquire));
            awaitWaiters(first, i + 1);
        }
        held.release();
        for (CompletableFuture<Grant> waiter : waiting) {
            waiter.get(10, TimeUnit.SECONDS).release();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anElectionPassesOverThem(boolean leased) throws Exception {
        put("election/x", leased);
        SerenoClient observer = clients.connect("observer");
        assertThat(observer.election("x").topology().peers()).isEmpty();
        BlockingQueue<String> joined = new LinkedBlockingQueue<>();
        LeaderElection one = clients.connect("one").election("x").start();
        inThread(one::awaitLeadership).get(10, TimeUnit.SECONDS);
        put("election/x", !leased);
        LeaderElection two = clients.connect("two")
                .election("x")
                .onPeerJoined((peer, topology) -> joined.add(peer.nodeId()))
                .start();
        while (two.state() != LeaderElection.State.FOLLOWER) {
            Thread.onSpinWait();
        }
        put("election/x", "limit", true); // It changes again and again.
        for (LeaderElection election : List.of(one, two, observer.election("x"))) {
            while (election.topology().peers().size() < 2) {
                Thread.onSpinWait();
            }
            assertThat(election.topology().peers()).extracting(Peer::nodeId).containsExactly("one", "two");
            assertThat(election.topology().leader()).map(Peer::nodeId).contains("one");
        }
        assertThat(joined.poll(10, TimeUnit.SECONDS))
                .isEqualTo("one"); // A member that left before that would not be notified.
        one.close();
        inThread(two::awaitLeadership).get(10, TimeUnit.SECONDS);
        two.close();
        assertThat(joined).isEmpty();
    }

    @Test
    void aDurableReaderPassesOverThem() throws Exception {
        put("reader/d/x", true);
        Topic<String> topic = clients.connect("one").topic("x", Codec.utf8());
        topic.publish("a");
        try (TopicReader<String> reader = topic.reader(new From.Durable("d"))) {
            CompletableFuture<Message<String>> first = inThread(reader::next);
            assertThat(first.get(10, TimeUnit.SECONDS).payload()).isEqualTo("a");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void partiesCrossBesideThem(boolean leased) throws Exception {
        put("barrier/x", leased);
        Barrier barrier = clients.connect("one").barrier("x", 2);
        CompletableFuture<Boolean> first = inThread(() -> barrier.await("a", Duration.ofHours(1)));
        until(() -> barrier.inspect().waiting().size() == 1);
        put("barrier/x", !leased);
        assertThat(clients.connect("two").barrier("x", 2).await("b", Duration.ofHours(1)))
                .isTrue();
        assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
        until(() -> clients.entries("barrier/x").stream().noneMatch(entry -> Place.isPlace(entry.name())));
    }

    /** It blocks, since its meaning is unknown; a view reports what it is, and how to remove it. */
    @Test
    void anEntryThatIsNamedLikeAPlaceAndHasNoLeaseIsForeign() throws Exception {
        LogCapture log = new LogCapture("io.sereno.store");
        try (log) {
            put("lock/x", "3kd82jD0aXq-4", false);
            put("election/x", "3kd82jD0aXq-4", false);
            SerenoClient client = clients.connect("one");
            Mutex mutex = client.mutex("x");
            LockView.Place foreign = mutex.inspect().holders().get(0);
            assertThat(foreign.foreign()).isTrue();
            assertThat(foreign.entry()).isEqualTo("3kd82jD0aXq-4");
            assertThat(foreign.fencingToken()).isEmpty();
            assertThat(mutex.tryAcquire()).isEmpty();
            CompletableFuture<Grant> waiter = inThread(mutex::acquire);
            awaitWaiters(mutex, 1);
            assertThat(mutex.inspect().waiters())
                    .extracting(LockView.Place::foreign)
                    .containsExactly(false);
            LeaderElection election = client.election("x").start();
            while (election.topology().peers().size() < 2) {
                Thread.onSpinWait();
            }
            assertThat(election.topology().leader()).map(Peer::nodeId).contains("foreign entry 3kd82jD0aXq-4");
            assertThat(log.all())
                    .filteredOn(logged -> logged.getLevel().equals(Level.WARNING))
                    .extracting(LogRecord::getMessage)
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line)
                            .contains("entry '3kd82jD0aXq-4' in directory '")
                            .contains("is foreign")
                            .contains("Delete that entry with the store's own tools"));

            remove("lock/x");
            remove("election/x");
            waiter.get(10, TimeUnit.SECONDS).release();
            inThread(election::awaitLeadership).get(10, TimeUnit.SECONDS);
            election.close();
        }
    }

    private void put(String directory, boolean leased) {
        UNKNOWN.forEach(name -> put(directory, name + (leased ? "" : "~"), leased));
    }

    private void remove(String directory) {
        operator.commit(Commit.to(directory).delete("3kd82jD0aXq-4").build())
                .toCompletableFuture()
                .join();
    }

    private void put(String directory, String name, boolean leased) {
        Bytes value = Bytes.utf8("sereno/2 something\n");
        Commit.Builder commit = Commit.to(directory);
        operator.commit((leased ? commit.put(name, value, lease) : commit.put(name, value)).build())
                .toCompletableFuture()
                .join();
    }
}
