package io.sereno.recipes.slots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.GrantLostException;
import io.sereno.LockView;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.SerenoClosedException;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.SlotView;
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
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The slot pool as its callers see it: errors, numbers, different counts, interrupts, timeouts, what callers of one client share. */
@Timeout(30)
class SlotPoolTest {
    private static final SlotView NOBODY = new SlotView(new TreeMap<>(), List.of());

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient one = clients.connect("one", line);
    private final SerenoClient two = clients.connect("two");
    private final SlotPool mine = one.slotPool("x", 2);
    private final SlotPool theirs = two.slotPool("x", 2);
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
                .isThrownBy(() -> one.slotPool("x", 0))
                .withMessage("the count of slots is 0; 1 to 1024 are accepted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.slotPool("x", 1_025))
                .withMessage("the count of slots is 1025; 1 to 1024 are accepted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mine.acquire(2))
                .withMessage("the preferred slot is 2; 0 to 1 are accepted");
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(2, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.tryAcquire(1, Duration.ofMillis(-1)));
        assertThat(mine.count()).isEqualTo(2);
    }

    @Test
    void aSlotHasThePreferredNumberIfItIsFreeElseTheLeast() throws Exception {
        SlotPool five = one.slotPool("x", 5);
        Slot three = five.acquire(3);
        assertThat(three.number()).isEqualTo(3);
        Slot least = two.slotPool("x", 5).acquire(3);
        assertThat(least.number()).isZero();
        Slot next = five.tryAcquire().orElseThrow();
        assertThat(next.number()).isEqualTo(1);
        least.release();
        Slot again = five.tryAcquire(0, Duration.ofSeconds(1)).orElseThrow();
        assertThat(again.number()).isZero();
        assertThat(five.tryAcquire(4)).hasValueSatisfying(slot -> {
            assertThat(slot.number()).isEqualTo(4);
            assertThat(slot.fencingToken()).isGreaterThan(again.fencingToken());
        });
        assertThat(List.of(three.fencingToken(), least.fencingToken(), next.fencingToken(), again.fencingToken()))
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(again.toString()).contains("slot pool 'x'", "held", "slot 0");
    }

    @Test
    void clientsWithDifferentCountsShareNoNumber() throws Exception {
        SlotPool few = one.slotPool("x", 1);
        SlotPool many = two.slotPool("x", 3);
        Slot zero = few.acquire();
        Slot two = many.acquire(2);
        Slot rest = many.acquire();
        assertThat(rest.number()).isEqualTo(1);
        assertThat(many.tryAcquire()).isEmpty();
        rest.release();
        assertThat(few.tryAcquire()).isEmpty();
        CompletableFuture<Slot> waiting = Threads.inThread(() -> few.acquire());
        awaitWaiters(1);
        assertThat(many.tryAcquire()).as("behind a caller that waits").isEmpty();
        two.release();
        assertThat(many.tryAcquire()).as("behind a caller that waits").isEmpty();
        assertThat(waiting).isNotDone();
        zero.release();
        Slot served = waiting.get(10, TimeUnit.SECONDS);
        assertThat(served.number()).isZero();
        served.release();
        assertThat(many.inspect()).isEqualTo(NOBODY);
    }

    @Test
    void inspectListsHoldersByNumberAndThoseThatWait() throws Exception {
        Slot first = mine.acquire(1);
        Slot second = theirs.acquire();
        CompletableFuture<Slot> waiting = Threads.inThread(() -> theirs.acquire());
        awaitWaiters(1);
        SlotView view = mine.inspect();
        assertThat(view.holders()).containsOnlyKeys(0, 1);
        LockView.Place place = Objects.requireNonNull(view.holders().get(1));
        assertThat(place.nodeId()).isEqualTo("one");
        assertThat(place.fencingToken()).hasValue(first.fencingToken());
        assertThat(view.waiters()).extracting(LockView.Place::nodeId).containsExactly("two");
        first.release();
        Slot third = waiting.get(10, TimeUnit.SECONDS);
        assertThat(third.number()).isEqualTo(1);
        assertThat(second.isHeld()).isTrue();
    }

    @Test
    void aClientHasOnePlaceThatWaitsHoweverManyOfItsCallersDo() throws Exception {
        Slot zero = mine.acquire();
        Slot last = mine.acquire();
        CompletableFuture<Integer> first = Threads.inThread(() -> served(0));
        awaitWaiters(1);
        CompletableFuture<Integer> second = Threads.inThread(() -> served(1));
        CompletableFuture<Integer> third = Threads.inThread(() -> served(0));
        assertThat(theirs.tryAcquire()).as("behind callers of its own client").isEmpty();
        assertThat(mine.inspect().waiters()).hasSize(1);
        zero.release();
        assertThat(first.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(second.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(third.get(10, TimeUnit.SECONDS)).isZero();
        last.release();
    }

    private int served(int preferred) throws InterruptedException {
        Slot slot = theirs.acquire(preferred);
        slot.release();
        return slot.number();
    }

    /** Each but the first waits for the number of the one before it, which is under way. */
    @Test
    void callersThatTryAtTheSameMomentAllGetSlotsThatAreFree() throws Exception {
        SlotPool six = one.slotPool("x", 6);
        six.acquire().release();
        line.each(Request.commitsTo("slots/x"), Fate.delayReply(Duration.ofMillis(10)));
        List<CompletableFuture<Optional<Slot>>> tries = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tries.add(Threads.inThread(() -> six.tryAcquire()));
            tries.add(Threads.inThread(() -> two.slotPool("x", 6).tryAcquire()));
        }
        List<Integer> numbers = new ArrayList<>();
        for (CompletableFuture<Optional<Slot>> attempt : tries) {
            clients.passUntilDone(attempt, Duration.ofSeconds(2));
            numbers.add(attempt.get(10, TimeUnit.SECONDS).orElseThrow().number());
        }
        assertThat(numbers).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    }

    /** Its client is stopped before it stores its number, which nobody knows then. */
    @Test
    void anAttemptBehindOneWhoseNumberDoesNotComeEndsEmpty() throws Exception {
        line.each(SlotPoolTest::storesANumber, Fate.loseRequest());
        Slot held = mine.acquire();
        CompletableFuture<Boolean> attempt =
                Threads.inThread(() -> theirs.tryAcquire().isPresent());
        clients.passUntilDone(attempt, Clients.OPERATION_TIMEOUT.plusSeconds(1));
        assertThat(attempt.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(held.isHeld()).isTrue();
    }

    @Test
    void aNumberWhoseReplyIsLostIsTheOneThatWasStored() throws Exception {
        mine.acquire();
        Slot last = mine.acquire();
        CompletableFuture<Slot> waiting =
                Threads.inThread(() -> one.slotPool("x", 2).acquire(0));
        awaitWaiters(1);
        line.next(SlotPoolTest::storesANumber, Fate.loseReply());
        last.release();
        clients.passUntilDone(waiting, Duration.ofSeconds(5));
        Slot granted = waiting.get(10, TimeUnit.SECONDS);
        assertThat(granted.number()).isEqualTo(1);
        assertThat(Objects.requireNonNull(mine.inspect().holders().get(1)).fencingToken())
                .hasValue(granted.fencingToken());
    }

    private static boolean storesANumber(Request request) {
        return Request.commitsTo("slots/x").test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.value().toUtf8().contains("\nnumber "));
    }

    @Test
    void aWaiterThatGivesUpLeavesItsPlaceToTheNextOfItsClient() throws Exception {
        Slot held = mine.acquire();
        mine.acquire();
        CompletableFuture<Integer> next = new CompletableFuture<>();
        Threads.interruptWhenWaiting(() -> {
            var unused = Threads.inThread(() -> next.complete(served(1)));
            return theirs.acquire();
        });
        assertThat(next).isNotDone();
        held.release();
        assertThat(next.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(mine.inspect().waiters()).isEmpty();
    }

    /** It is chosen when the turn has come. Otherwise a client whose callers prefer different numbers would begin again behind all others. */
    @Test
    void aWaiterThatGivesUpLeavesItsPlaceAlsoToOneThatPrefersAnotherNumber() throws Exception {
        Slot held = mine.acquire();
        mine.acquire();
        SlotPoolRecipe pool = (SlotPoolRecipe) theirs;
        SlotRequest first = pool.request(pool.queue("tryAcquire"), "tryAcquire", 1, false, Duration.ofSeconds(1));
        awaitWaiters(1);
        LockView.Place place = mine.inspect().waiters().get(0);
        SlotRequest next = pool.request(pool.queue("acquire"), "acquire", 0, false, null);
        clients.passUntilDone(first.result(), Duration.ofSeconds(2));
        assertThat(first.result().get()).isEmpty();
        assertThat(mine.inspect().waiters()).containsExactly(place);
        held.release();
        clients.passUntilDone(next.result(), Duration.ofSeconds(1));
        assertThat(next.number()).isZero();
    }

    /** Each has seen a free slot, and the first request was late. */
    @Test
    void tenThousandAttemptsThatCameTooLateAreAnsweredTogether() throws Exception {
        line.next(Request.commitsTo("slots/x"), Fate.delayRequest(Duration.ofMillis(10)));
        SlotPoolRecipe pool = (SlotPoolRecipe) mine;
        List<SlotRequest> tries = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            tries.add(pool.request(
                    pool.queue("tryAcquire"), "tryAcquire", SlotRequest.NONE, true, Clients.OPERATION_TIMEOUT));
        }
        theirs.acquire();
        theirs.acquire();
        SlotRequest last = tries.get(tries.size() - 1);
        clients.passUntilDone(last.result(), Duration.ofMillis(500));
        assertThat(tries).allMatch(each -> each.result().isDone());
        assertThat(last.result().get()).isEmpty();
    }

    @Test
    void anInterruptTakesTheRequestOutOfTheStore() throws Exception {
        Slot held = mine.acquire();
        mine.acquire();
        Threads.interruptWhenWaiting(theirs::acquire);
        Threads.interruptWhenWaiting(() -> theirs.tryAcquire(1, Duration.ofHours(1)));
        assertThat(mine.inspect().waiters()).isEmpty();
        held.release();
        Thread.currentThread().interrupt();
        assertThatThrownBy(mine::acquire).isInstanceOf(InterruptedException.class);
    }

    @Test
    void aTimedAttemptEndsEmptyBehindOthersAndWithAFailureOutOfReach() throws Exception {
        Slot held = theirs.acquire();
        theirs.acquire();
        CompletableFuture<Boolean> attempt =
                Threads.inThread(() -> mine.tryAcquire(Duration.ofSeconds(2)).isPresent());
        awaitWaiters(1);
        clients.passUntilDone(attempt, Duration.ofSeconds(3));
        assertThat(attempt.get(10, TimeUnit.SECONDS)).isFalse();
        held.release();
        line.cutOff(Duration.ofMinutes(1));
        CompletableFuture<Boolean> outOfReach =
                Threads.inThread(() -> mine.tryAcquire(Duration.ofSeconds(2)).isPresent());
        clients.passUntilDone(outOfReach, Duration.ofSeconds(3));
        assertThatThrownBy(() -> outOfReach.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
    }

    @Test
    void aReleaseIsMadeOnceAndReportsALoss() throws Exception {
        Slot slot = mine.acquire();
        slot.release();
        assertThatThrownBy(slot::release).isInstanceOf(IllegalStateException.class);
        slot.close();
        Slot removed = mine.acquire();
        clients.removeAll("slots/x");
        assertThatThrownBy(removed::release).isInstanceOf(GrantLostException.class);
    }

    @Test
    void aReleaseReportsALossThatIsNoticedWhileItWaitsForItsTurn() throws Exception {
        Slot slot = mine.acquire();
        PoolQueue queue = one.client().shared(PoolQueue.QUEUES).get("slots/x", Threads::nothing);

        CompletableFuture<Boolean> released = LossDuringARelease.of(slot, "slots/x", queue.strand(), clients, line);

        assertThatThrownBy(() -> released.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(GrantLostException.class);
    }

    @Test
    void closingTheClientLosesItsSlotsAndFailsThoseThatWait() throws Exception {
        Slot held = mine.acquire();
        mine.acquire();
        CompletableFuture<Slot> waiting = Threads.inThread(() -> mine.acquire());
        awaitWaiters(1);
        one.close();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.SERENO_CLOSED);
        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(mine::acquire).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(mine::inspect).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void aForeignPlaceAndOneThatSaysNothingHoldUpAllBehindThem() throws Exception {
        put("3kd82jD0aXq-4", "sereno/1 card\nnode someone\ncount 2\nnumber 1\n");
        assertThat(mine.tryAcquire()).isEmpty();
        assertThat(mine.inspect().waiters()).extracting(LockView.Place::foreign).containsExactly(true);
        CompletableFuture<Slot> waiting = Threads.inThread(() -> mine.acquire());
        awaitWaiters(2);
        var unused = store.commit(Commit.to("slots/x").delete("3kd82jD0aXq-4").build())
                .toCompletableFuture()
                .join();
        waiting.get(10, TimeUnit.SECONDS).release();
    }

    @Test
    void whatAPlaceSays() {
        assertThat(says("count 8\nnumber 3\n", 1)).isEqualTo(says("later\nnumber 3\nlater 1\ncount 8\n", 1));
        assertThat(says("count 8\nnumber 3\n", 0)).isEqualTo(says("", 1));
        assertThat(says("count many\nnumber -1\n", 1)).isEqualTo(says("", 1));
        assertThat(says("count 99999999999\nnumber 99999999999\n", 1)).isEqualTo(says("", 1));
    }

    private static SlotLines says(String lines, long lease) {
        return SlotLines.of(new Entry("3kd82jD0aXq-4", Bytes.utf8("sereno/1 card\nnode a\n" + lines), 1, 1, lease));
    }

    private void put(String name, String value) {
        var unused = store.commit(
                        Commit.to("slots/x").put(name, Bytes.utf8(value)).build())
                .toCompletableFuture()
                .join();
    }

    private void awaitWaiters(int waiters) {
        while (theirs.inspect().waiters().size() < waiters) {
            Thread.onSpinWait();
        }
    }
}
