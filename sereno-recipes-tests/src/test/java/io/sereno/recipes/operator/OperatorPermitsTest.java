package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Permit;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Release;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator sees of permit pools, and how seats in them are ended. */
@Timeout(60)
class OperatorPermitsTest {
    private static final Resource POOL = new Resource(Kind.PERMIT_POOL, "uploads");

    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final Sereno two = clients.connect("two");
    private final Operator operator = clients.connect("operator").operator();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aPoolShowsItsLimitAndWhoHasHowManyPermits() throws Exception {
        one.permitPool("uploads", 3).acquire(2);
        Permit single = two.permitPool("uploads", 3).acquire();
        CompletableFuture<Permit> waiting = inPool(one, 2);
        awaitSeats(3);
        QueueView pool = operator.queue(POOL).orElseThrow();
        assertThat(pool.limit()).hasValue(3);
        assertThat(pool.seats())
                .extracting(seat -> seat.nodeId() + " " + seat.weight() + " " + seat.holds())
                .containsExactly("one 2 true", "two 1 true", "one 2 false");
        assertThat(pool.seats())
                .allMatch(seat -> seat.shared() && seat.firstToken().isEmpty());
        assertThat(operator.queues(Kind.PERMIT_POOL)).containsExactly(pool);
        assertThat(operator.queues()).containsExactly(pool);
        assertThat(operator.resources()).containsExactly(POOL);
        assertThat(operator.sessions())
                .flatExtracting(session -> session.holdings().stream()
                        .map(holding -> session.nodeId() + " " + holding.role() + " " + holding.resource())
                        .toList())
                .containsExactlyInAnyOrder(
                        "one HOLDS semaphore/uploads", "one WAITS semaphore/uploads", "two HOLDS semaphore/uploads");
        assertThat(operator.queue(Kind.LOCK, "uploads")).isEmpty();
        single.release();
        assertThat(waiting).isNotDone();
    }

    /** A lower limit revokes nothing. */
    @Test
    void permitsBeyondALimitThatWasLoweredAreHeldStill() throws Exception {
        one.permitPool("uploads", 2).acquire();
        two.permitPool("uploads", 2).acquire();
        two.permitPool("uploads", 2).setLimit(1);
        QueueView pool = operator.queue(POOL).orElseThrow();
        assertThat(pool.limit()).hasValue(1);
        assertThat(pool.holders()).hasSize(2);
    }

    @Test
    void aLimitThatCannotBeReadHidesNoSeat() throws Exception {
        one.permitPool("uploads", 2).acquire();
        put("sereno/1 limit\nlimit many\n");
        QueueView pool = operator.queues().get(0);
        assertThat(pool.limit()).isEmpty();
        assertThat(pool.holders())
                .singleElement()
                .satisfies(seat -> assertThat(seat.nodeId()).isEqualTo("one"));
    }

    @Test
    void theNextGetsThePermitsOfASeatThatIsEnded() throws Exception {
        Permit held = one.permitPool("uploads", 1).acquire();
        CompletableFuture<Permit> next = inPool(two, 1);
        awaitSeats(2);
        Seat holder = operator.queue(POOL).orElseThrow().holders().get(0);
        CompletableFuture<Release> ending = Threads.inThread(() -> operator.end(holder, "INC-42"));
        clients.passUntilDone(ending, Duration.ofSeconds(5));
        assertThat(ending.join().result()).isEqualTo(Release.Result.RELEASED);
        assertThat(held.isHeld()).isFalse();
        clients.passUntilDone(next, Duration.ofSeconds(5));
        assertThat(next.join().isHeld()).isTrue();
    }

    @Test
    void theNextGetsThePermitsOfASeatThatIsDeleted() throws Exception {
        Permit held = one.permitPool("uploads", 1).acquire();
        CompletableFuture<Permit> next = inPool(two, 1);
        awaitSeats(2);
        Seat holder = operator.queue(POOL).orElseThrow().holders().get(0);
        assertThat(operator.endNow(holder, "INC-42").result()).isEqualTo(Release.Result.RELEASED);
        clients.passUntilDone(next, Duration.ofSeconds(5));
        assertThat(next.join().isHeld()).isTrue();
        clients.passUntil(() -> !held.isHeld(), Clients.TTL);
    }

    private static CompletableFuture<Permit> inPool(Sereno sereno, int weight) {
        return Threads.inThread(() -> sereno.permitPool("uploads", 3).acquire(weight));
    }

    private void awaitSeats(int seats) {
        clients.passUntil(
                () -> operator.queue(POOL).map(QueueView::seats).map(List::size).orElse(0) == seats,
                Duration.ofSeconds(1));
    }

    private void put(String limit) {
        clients.store
                .connect(Runnable::run)
                .commit(Commit.to("semaphore/uploads")
                        .put("limit", Bytes.utf8(limit))
                        .build())
                .toCompletableFuture()
                .join();
    }
}
