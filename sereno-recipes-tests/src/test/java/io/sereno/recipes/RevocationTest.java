package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.LeaderElection.State;
import io.sereno.Sereno;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.election.ElectionRecipe;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Leases are revoked although the store's answers were lost, and within the time of a close. */
@Timeout(30)
class RevocationTest {
    /** The longest time of a close. */
    private static final Duration CLOSE = Duration.ofSeconds(5);
    /** How long a backend may take to give up a request that is lost in silence: longer than any close. */
    private static final Duration SILENCE = Duration.ofSeconds(5);

    private static final Duration MOMENT = Duration.ofMillis(10);

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    /** The faults of the next revocations; those after them pass. */
    record Faults(int times, Fate fate) {
        void strike(FaultyBackend line) {
            IntStream.range(0, times).forEach(i -> line.next(RevocationTest::isRevocation, fate));
        }
    }

    static Stream<Faults> faults() {
        Fate lostInSilence = Fate.loseRequest().givenUpAfter(SILENCE);
        return Stream.of(
                new Faults(1, Fate.loseRequest()),
                new Faults(1, Fate.loseReply()),
                new Faults(1, Fate.refuse()),
                new Faults(1, lostInSilence),
                new Faults(1, Fate.loseReply().givenUpAfter(SILENCE)),
                new Faults(2, Fate.loseRequest()),
                new Faults(2, lostInSilence),
                new Faults(5, Fate.loseRequest()));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void theSuccessorHoldsAsSoonAsARevocationSucceeded(Faults faults) {
        FaultyBackend line = clients.line();
        Client leaving = client(line);
        assertThat(candidate(leaving).state()).isEqualTo(State.LEADER);
        LeaderElection successor = candidate(client(clients.line()));
        faults.strike(line);

        Closing closing = new Closing(leaving);
        closing.passUntil(() -> successor.state() == State.LEADER);

        assertThat(closing.lasted()).isLessThan(Duration.ofSeconds(3));
        clients.time.advance(Duration.ofSeconds(1)); // For a repeat, if it was the answer that was lost.
        closing.join();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCloseGivesUpInTimeOnAServerThatIsDownAndLeavesNothingRunning(boolean inSilence) {
        FaultyBackend line = clients.line();
        AtomicInteger sent = new AtomicInteger();
        PendingTimers timers = new PendingTimers(clients.time);
        Client leaving = clients.client("node", line, timers, clients.callbacks);
        candidate(leaving);
        granted(acquire(leaving));
        LeaderElection successor = candidate(client(clients.line()));
        line.each(counting(sent, Request.any()), inSilence ? Fate.loseRequest().givenUpAfter(SILENCE) : Fate.refuse());

        Closing closing = new Closing(leaving);
        clients.time.advance(CLOSE);
        closing.join();

        int untilThen = sent.get();
        assertThat(untilThen).isGreaterThanOrEqualTo(3);
        clients.time.advance(SILENCE.plusSeconds(1));
        assertThat(sent).hasValue(untilThen);
        timers.awaitNone();
        assertThat(successor.state()).as("by the ttl").isEqualTo(State.LEADER);
    }

    /** A backend that was given, and is closed already, refuses everything. */
    @Test
    void aPermanentRefusalIsNotRetried() {
        Backend line = clients.store.connect(Runnable::run);
        Client leaving = client(line);
        line.close();

        new Closing(leaving).join();
    }

    @Test
    void anInterruptEndsNeitherTheCloseNorTheRepeats() {
        FaultyBackend line = clients.line();
        Client leaving = client(line);
        new Faults(2, Fate.loseRequest().givenUpAfter(SILENCE)).strike(line);

        Closing closing = new Closing(leaving);
        closing.thread.interrupt();
        closing.passUntil(() -> markers() == 0);
        closing.join();

        assertThat(closing.lasted()).isLessThan(Duration.ofSeconds(3));
        assertThat(closing.interrupted).isTrue();
    }

    @Test
    void twoClosesAtOnceRepeatAsOne() {
        FaultyBackend line = clients.line();
        Client leaving = client(line);
        AtomicInteger sent = new AtomicInteger();
        line.next(counting(sent, RevocationTest::isRevocation), Fate.loseRequest());
        line.each(counting(sent, RevocationTest::isRevocation), Fate.pass());

        Closing first = new Closing(leaving);
        Closing second = new Closing(leaving);
        first.passUntil(() -> markers() == 0);
        first.join();
        second.join();
        leaving.close();
        clients.time.advance(Clients.TTL);

        assertThat(sent).hasValue(2);
    }

    @Test
    void aCloseBetweenTwoAttemptsMakesTheNextAtOnce() {
        FaultyBackend line = clients.line();
        Client leaving = client(line);
        Sessions sessions = leaving.sessions();
        Runnable heal = line.each(RevocationTest::isRevocation, Fate.loseRequest());
        Objects.requireNonNull(sessions.current()).foundDead();
        clients.time.advance(Duration.ofSeconds(4));
        heal.run();
        assertThat(markers()).isOne();

        leaving.close();

        assertThat(markers()).isZero();
    }

    @Test
    void aCloseDuringAReconnectRevokesTheLease() {
        FaultyBackend line = clients.line();
        Client leaving = client(line);
        line.cutOff(MOMENT);
        Closing closing = new Closing(leaving);
        clients.time.advance(Duration.ofSeconds(1));
        assertThat(markers()).isOne();

        line.heal();
        closing.passUntil(() -> markers() == 0);
        closing.join();

        assertThat(closing.lasted()).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void aLeaseThatIsGrantedDuringTheCloseIsRevokedAndNothingIsPutUnderIt() {
        FaultyBackend line = clients.line();
        AtomicInteger commits = new AtomicInteger();
        line.next(request -> request instanceof Request.GrantLease, Fate.delayReply(Duration.ofSeconds(1)));
        line.each(counting(commits, Request.commits()), Fate.pass());
        line.next(RevocationTest::isRevocation, Fate.loseRequest());
        Client leaving = client(line);

        Closing closing = new Closing(leaving);
        assertThat(line.leases()).isNotEmpty();
        closing.passUntil(() -> line.leases().isEmpty());
        closing.join();

        assertThat(closing.lasted()).isLessThan(Duration.ofSeconds(2));
        assertThat(commits).hasValue(0);
    }

    @Test
    void theNextSessionDoesNotQueueBehindTheLastOne() {
        FaultyBackend line = clients.line();
        Client client = client(line);
        granted(acquire(client));
        new Faults(2, Fate.loseRequest()).strike(line);

        clients.removeAll("session"); // As an operator ends it.
        clients.time.advance(Duration.ofSeconds(1));

        assertThat(granted(acquire(client)).isHeld()).isTrue();
    }

    @Test
    void theLeaseOfAnUnusedTtlIsRevokedInTheBackground() throws Exception {
        FaultyBackend line = clients.line();
        Sereno sereno = clients.connect("node", line);
        KeepAlive alive = sereno.keepAlive("group", "id", Clients.TTL.multipliedBy(2));
        assertThat(markers()).isEqualTo(2);
        new Faults(2, Fate.loseRequest()).strike(line);

        alive.close();
        clients.time.advance(Duration.ofSeconds(1));

        assertThat(markers()).isOne();
    }

    /** A close that another thread waits for, while the test lets time pass: attempts after the first are made in the thread of the test. */
    private final class Closing {
        private final AtomicBoolean interrupted = new AtomicBoolean();
        private final Duration begun = clients.time.elapsed();
        private final Thread thread;

        Closing(Client client) {
            thread = new Thread(() -> {
                client.close();
                interrupted.set(Thread.currentThread().isInterrupted());
            });
            thread.setDaemon(true);
            thread.start();
            while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }

        Duration lasted() {
            return clients.time.elapsed().minus(begun);
        }

        void passUntil(BooleanSupplier condition) {
            while (!condition.getAsBoolean()) {
                assertThat(lasted()).isLessThan(Clients.TTL.multipliedBy(2));
                clients.time.advance(MOMENT);
            }
        }

        /** It needs no more time to end. */
        void join() {
            assertThatCode(() -> thread.join(10_000)).doesNotThrowAnyException();
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private Client client(Backend backend) {
        return clients.client("node", backend, clients.time, Runnable::run);
    }

    private static LeaderElection candidate(Client client) {
        return new ElectionRecipe(client, "e", "election/e").start();
    }

    private static RightRequest acquire(Client client) {
        return new MutexRecipe(client, "x", "lock/x").queue("test").request("test", false, null);
    }

    private static Hold granted(RightRequest request) {
        assertThat(request.result()).isCompleted();
        return request.result().join().orElseThrow();
    }

    private int markers() {
        return clients.entries("session").size();
    }

    private static boolean isRevocation(Request request) {
        return request instanceof Request.RevokeLease;
    }

    private static Predicate<Request> counting(AtomicInteger count, Predicate<Request> which) {
        return request -> {
            boolean one = which.test(request);
            if (one) {
                count.incrementAndGet();
            }
            return one;
        };
    }
}
