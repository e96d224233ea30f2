package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LossCause;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session under which a thousand requests were withdrawn: another session takes its place, and everything held under it stays held. */
@Timeout(60)
class FullSessionTest {
    private static final int MOST = 1_001;

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final Client client = clients.client("node", line, clients.time, clients.callbacks);

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void otherLocksStayHeldWhile1500RequestsAreWithdrawn() {
        Session first = current();
        Hold held = granted(acquire("held"));
        Runnable heal = line.each(FullSessionTest::isPlace, Fate.loseRequest());
        RightRequest waiter = acquire("x");
        while (clients.entries("lock/x").size() < 1_500) {
            clients.time.advance(Duration.ofMillis(100));
            assertThat(held.isHeld()).isTrue();
        }
        assertThat(current()).isNotEqualTo(first);
        assertThat(withdrawnUnder(first)).isLessThanOrEqualTo(MOST);
        assertThat(clients.time.elapsed()).isGreaterThan(Clients.TTL.multipliedBy(2));
        heal.run();
        clients.time.advance(Clients.TTL);

        assertThat(granted(waiter).isHeld()).isTrue();
        assertThat(held.isHeld()).isTrue();
        assertThat(withdrawnUnder(first)).isGreaterThan(990);
        assertThat(held.surrender()).isDone();
        clients.time.advance(Clients.TTL);
        assertThat(withdrawnUnder(first)).isZero();
        assertThat(first.isAlive()).isFalse();
        assertThat(clients.entries("session")).hasSize(1);
        assertThat(granted(waiter).isHeld()).isTrue();

        CompletableFuture<Void> closed = client.sessionsByTtl().close(Duration.ofSeconds(4));
        clients.time.advance(Duration.ofSeconds(4));
        assertThat(closed).isDone();
        assertThat(clients.entries("lock/x")).isEmpty();
        assertThat(clients.entries("session")).isEmpty();
    }

    @Test
    void aSessionUnderWhichNothingIsHeldEndsWhenItIsFull() {
        Session first = current();
        Runnable heal = line.each(FullSessionTest::isPlace, Fate.loseRequest());
        RightRequest waiter = acquire("x");
        int most = 0;
        while (first.equals(current())) {
            clients.time.advance(Duration.ofMillis(10));
            most = Math.max(most, withdrawnUnder(first));
        }
        assertThat(most).isBetween(990, MOST);
        heal.run();
        clients.time.advance(Clients.TTL);

        assertThat(granted(waiter).isHeld()).isTrue();
        assertThat(withdrawnUnder(first)).isZero();
        assertThat(clients.entries("session")).hasSize(1);
    }

    /** Opening the next session may fail, or the lease of the full one may end meanwhile, as with any other session. */
    @Test
    void aFullSessionThatEndsWhileTheNextIsOpenedIsSucceededToo() {
        Session first = current();
        Hold held = granted(acquire("held"));
        Runnable noLease = line.each(Request.GrantLease.class::isInstance, Fate.refuse());
        Runnable heal = line.each(FullSessionTest::isPlace, Fate.loseRequest());
        RightRequest waiter = acquire("x");
        while (clients.entries("lock/x").size() < MOST + 10) {
            clients.time.advance(Duration.ofMillis(10));
        }
        assertThat(current()).isEqualTo(first);
        assertThat(held.isHeld()).isTrue();
        long lease = first.leaseId();
        assertThat(line.endLease(lease).toCompletableFuture()).isDone();
        clients.time.advance(Clients.TTL);
        assertThat(held.isHeld()).isFalse();
        assertThat(held.lost().toCompletableFuture().join()).isEqualTo(LossCause.SESSION_EXPIRED);

        noLease.run();
        heal.run();
        clients.time.advance(Clients.TTL);
        assertThat(granted(waiter).isHeld()).isTrue();
        assertThat(clients.entries("session")).hasSize(1);
    }

    @Test
    void aRetiredSessionThatEndsTakesWhatIsHeldUnderItAndNothingElse() {
        Session first = current();
        Hold held = granted(acquire("held"));
        Runnable heal = line.each(FullSessionTest::isPlace, Fate.loseRequest());
        RightRequest waiter = acquire("x");
        while (first.equals(current())) {
            clients.time.advance(Duration.ofMillis(10));
        }
        heal.run();
        clients.time.advance(Clients.TTL);
        Hold other = granted(waiter);

        assertThat(line.endLease(first.leaseId()).toCompletableFuture()).isDone();
        clients.time.advance(Clients.TTL);

        assertThat(held.isHeld()).isFalse();
        assertThat(other.isHeld()).isTrue();
    }

    private Session current() {
        return Objects.requireNonNull(client.sessions().current());
    }

    private int withdrawnUnder(Session session) {
        return (int) clients.entries("lock/x").stream()
                .filter(entry -> entry.value().equals(Card.WITHDRAWN))
                .filter(entry -> entry.name().startsWith(session.id()))
                .count();
    }

    /** A put of a place in the queue of x, not of a withdrawn entry. */
    private static boolean isPlace(Request request) {
        if (!(request instanceof Request.Commit sent)) {
            return false;
        }
        Commit commit = sent.commit();
        return commit.directory().equals("lock/x")
                && commit.writes().stream()
                        .anyMatch(write ->
                                write instanceof Write.Put put && !put.value().equals(Card.WITHDRAWN));
    }

    private RightRequest acquire(String name) {
        return new MutexRecipe(client, name, "lock/" + name).queue("test").request("test", false, null);
    }

    private static Hold granted(RightRequest request) {
        return request.result().join().orElseThrow();
    }
}
