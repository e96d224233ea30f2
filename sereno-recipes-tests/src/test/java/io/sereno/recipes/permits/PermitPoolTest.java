package io.sereno.recipes.permits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.sereno.GrantLostException;
import io.sereno.LockView;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.SerenoClosedException;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LossDuringARelease;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The permit pool as its callers see it: errors, the stored limit, interrupts, timeouts, what callers of one client share. */
@Timeout(30)
class PermitPoolTest {
    private static final LockView NOBODY = new LockView(List.of(), List.of());

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient one = clients.connect("one", line);
    private final SerenoClient two = clients.connect("two");
    private final PermitPool mine = one.permitPool("x", 3);
    private final PermitPool theirs = two.permitPool("x", 3);
    private final Backend store = clients.line();

    @AfterEach
    void close() {
        Thread.interrupted();
        clients.close();
    }

    @Test
    void badInputIsRefusedBeforeAnythingIsSent() {
        line.each(request -> true, Fate.refuse());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.permitPool("x", -1))
                .withMessage("limit is -1; 0 or more is accepted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mine.setLimit(-5))
                .withMessage("limit is -5; 0 or more is accepted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mine.acquire(0))
                .withMessage("weight is 0; 1 or more is accepted");
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(0, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(Duration.ofMillis(-1)));
    }

    @Test
    void theStoredLimitWins() throws Exception {
        assertThat(theirs.limit()).isEqualTo(3);
        try (Permit permit = mine.acquire()) {
            assertThat(permit.weight()).isEqualTo(1);
        }
        PermitPool other = two.permitPool("x", 10);
        assertThat(other.limit()).isEqualTo(3);
        assertThatThrownBy(() -> other.acquire(4))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(
                        "acquire of permit pool 'x'", "weight 4 is above the limit of the pool, which is 3");
        assertThatThrownBy(() -> other.tryAcquire(4)).isInstanceOf(IllegalStateException.class);
        other.setLimit(4);
        other.acquire(4).release();
        assertThat(mine.limit()).isEqualTo(4);
        assertThat(mine.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void aLimitCanBeSetBeforeAnybodyUsesThePool() throws Exception {
        theirs.setLimit(0);
        assertThat(mine.limit()).isZero();
        assertThatThrownBy(mine::acquire).isInstanceOf(IllegalStateException.class);
        theirs.setLimit(1);
        Permit permit = mine.acquire();
        assertThat(theirs.tryAcquire()).isEmpty();
        permit.release();
    }

    @Test
    void aLimitThatCannotBeReadIsReported() {
        put("limit", "sereno/1 limit\nlimit many\n");
        assertThatThrownBy(mine::acquire)
                .isInstanceOf(UnreadableEntryException.class)
                .hasMessageContaining("limit many");
        assertThatThrownBy(mine::tryAcquire).isInstanceOf(UnreadableEntryException.class);
        assertThatThrownBy(mine::limit).isInstanceOf(UnreadableEntryException.class);
        assertThatThrownBy(() -> mine.setLimit(2)).isInstanceOf(UnreadableEntryException.class);
        assertThatThrownBy(mine::inspect).isInstanceOf(UnreadableEntryException.class);
        assertThat(names()).containsExactly("limit");
    }

    @Test
    void inspectListsHoldersAndWaitersWithTheirWeights() throws Exception {
        Permit two = mine.acquire(2);
        CompletableFuture<Permit> waiting = Threads.inThread(() -> theirs.acquire(2));
        awaitWaiters(1);
        LockView view = mine.inspect();
        assertThat(view.holders())
                .extracting(LockView.Place::entry, LockView.Place::nodeId, LockView.Place::weight, LockView.Place::kind)
                .containsExactly(tuple(two.id(), "one", 2, LockView.Kind.SHARED));
        assertThat(view.waiters())
                .extracting(LockView.Place::nodeId, LockView.Place::weight)
                .containsExactly(tuple("two", 2));
        two.release();
        Permit next = waiting.get(10, TimeUnit.SECONDS);
        assertThat(mine.inspect().holders()).extracting(LockView.Place::entry).containsExactly(next.id());
        assertThat(next.toString()).contains("held", "weight 2", next.id());
        next.release();
    }

    @Test
    void aClientHasOnePlaceThatWaitsHoweverManyOfItsCallersDo() throws Exception {
        Permit all = mine.acquire(3);
        CompletableFuture<Permit> first = Threads.inThread(theirs::acquire);
        awaitWaiters(1);
        CompletableFuture<Boolean> second = Threads.inThread(() -> isServed(3));
        CompletableFuture<Boolean> third = Threads.inThread(() -> isServed(1));
        assertThat(theirs.tryAcquire()).as("behind callers of its own client").isEmpty();
        assertThat(mine.inspect().waiters()).hasSize(1);
        all.release();
        first.get(10, TimeUnit.SECONDS).release();
        assertThat(second.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(third.get(10, TimeUnit.SECONDS)).isTrue();
    }

    private boolean isServed(int weight) throws InterruptedException {
        Permit permit = theirs.acquire(weight);
        boolean held = permit.isHeld();
        permit.release();
        return held;
    }

    @Test
    void callersOfOneClientThatTryAtTheSameMomentAllGetPermitsThatAreFree() throws Exception {
        mine.acquire().release();
        line.each(Request.commitsTo("semaphore/x"), Fate.delayReply(Duration.ofMillis(10)));
        List<CompletableFuture<Optional<Permit>>> tries = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tries.add(Threads.inThread(mine::tryAcquire));
        }
        for (CompletableFuture<Optional<Permit>> attempt : tries) {
            clients.passUntilDone(attempt, Duration.ofSeconds(1));
            assertThat(attempt.get(10, TimeUnit.SECONDS)).isPresent();
        }
    }

    @Test
    void thoseThatTryBehindACallerThatHasToWaitAreAnsweredAtOnce() throws Exception {
        Permit all = theirs.acquire(3);
        line.each(Request.commitsTo("semaphore/x"), Fate.delayReply(Duration.ofMillis(10)));
        CompletableFuture<Permit> waiting = Threads.inThread(mine::acquire);
        CompletableFuture<Optional<Permit>> attempt = Threads.inThread(mine::tryAcquire);
        clients.passUntilDone(attempt, Duration.ofSeconds(1));
        assertThat(attempt.get(10, TimeUnit.SECONDS)).isEmpty();
        all.release();
        clients.passUntilDone(waiting, Duration.ofSeconds(1));
        assertThat(waiting.get(10, TimeUnit.SECONDS).isHeld()).isTrue();
    }

    @Test
    void aWaiterThatGivesUpLeavesItsPlaceToTheNextOfItsClient() throws Exception {
        Permit all = mine.acquire(3);
        CompletableFuture<Permit> rival = new CompletableFuture<>();
        Threads.interruptWhenWaiting(() -> {
            var unused = Threads.inThread(() -> rival.complete(theirs.acquire()));
            return theirs.acquire(2);
        });
        assertThat(rival).isNotDone();
        all.release();
        rival.get(10, TimeUnit.SECONDS).release();
        assertThat(mine.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void anInterruptTakesTheRequestOutOfTheStore() throws Exception {
        Permit all = mine.acquire(3);
        Threads.interruptWhenWaiting(theirs::acquire);
        Threads.interruptWhenWaiting(() -> theirs.tryAcquire(2, Duration.ofHours(1)));
        assertThat(mine.inspect().waiters()).isEmpty();
        all.release();
        Thread.currentThread().interrupt();
        assertThatThrownBy(mine::acquire).isInstanceOf(InterruptedException.class);
    }

    @Test
    void aTimedAttemptEndsEmptyBehindOthersAndWithAFailureOutOfReach() throws Exception {
        Permit all = theirs.acquire(3);
        CompletableFuture<Boolean> attempt =
                Threads.inThread(() -> mine.tryAcquire(Duration.ofSeconds(2)).isPresent());
        awaitWaiters(1);
        clients.passUntilDone(attempt, Duration.ofSeconds(3));
        assertThat(attempt.get(10, TimeUnit.SECONDS)).isFalse();
        all.release();
        line.cutOff(Duration.ofMinutes(1));
        CompletableFuture<Boolean> outOfReach =
                Threads.inThread(() -> mine.tryAcquire(Duration.ofSeconds(2)).isPresent());
        clients.passUntilDone(outOfReach, Duration.ofSeconds(3));
        assertThatThrownBy(() -> outOfReach.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
    }

    @Test
    void aReleaseIsMadeOnceAndReportsALoss() throws Exception {
        Permit permit = mine.acquire(2);
        permit.release();
        assertThatThrownBy(permit::release).isInstanceOf(IllegalStateException.class);
        permit.close();
        Permit removed = mine.acquire(2);
        clients.removeAll("semaphore/x");
        assertThatThrownBy(removed::release).isInstanceOf(GrantLostException.class);
    }

    @Test
    void aReleaseReportsALossThatIsNoticedWhileItWaitsForItsTurn() throws Exception {
        Permit permit = mine.acquire();
        PoolQueue queue = one.client().shared(PoolQueue.QUEUES).get("semaphore/x", Threads::nothing);

        CompletableFuture<Boolean> released =
                LossDuringARelease.of(permit, "semaphore/x", queue.strand(), clients, line);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(GrantLostException.class);
    }

    @Test
    void closingTheClientLosesItsPermitsAndFailsThoseThatWait() throws Exception {
        Permit held = mine.acquire(2);
        CompletableFuture<Permit> waiting = Threads.inThread(() -> mine.acquire(2));
        awaitWaiters(1);
        CompletableFuture<Permit> behind = Threads.inThread(() -> mine.acquire(1));
        one.close();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.SERENO_CLOSED);
        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> behind.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(mine::acquire).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> mine.setLimit(1)).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void aForeignPlaceAndOneWithoutAWeightHoldUpAllBehindThem() throws Exception {
        mine.acquire().release();
        put("3kd82jD0aXq-4", "sereno/1 card\nnode someone\nweight 1\nheld\n");
        assertThat(mine.tryAcquire()).isEmpty();
        assertThat(mine.inspect().holders()).extracting(LockView.Place::foreign).containsExactly(true);
        CompletableFuture<Permit> waiting = Threads.inThread(mine::acquire);
        awaitWaiters(1);
        var unused = store.commit(
                        Commit.to("semaphore/x").delete("3kd82jD0aXq-4").build())
                .toCompletableFuture()
                .join();
        waiting.get(10, TimeUnit.SECONDS).release();
    }

    private void put(String name, String value) {
        var unused = store.commit(
                        Commit.to("semaphore/x").put(name, Bytes.utf8(value)).build())
                .toCompletableFuture()
                .join();
    }

    private List<String> names() {
        return store.read(new Query.All("semaphore/x")).toCompletableFuture().join().entries().stream()
                .map(Entry::name)
                .toList();
    }

    private void awaitWaiters(int waiters) {
        while (theirs.inspect().waiters().size() < waiters) {
            Thread.onSpinWait();
        }
    }
}
