package io.sereno.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.recipes.Clients;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All in one thread: the store answers in it, notices come in it, and time stands until the test moves it. */
@Timeout(30)
class IdGeneratorTest {
    private static final Duration TICK = Duration.ofMillis(10);
    /** One slot, four ids a tick. */
    private static final IdLayout SMALL = new IdLayout(40, TICK, 2, 0, Instant.parse("2025-01-01T00:00:00Z"));

    private final Clients clients = new Clients();
    private final ManualTime time = clients.time;
    private final MemoryStore store = clients.store;

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void anIdShowsWhenAndWhereItWasGenerated() {
        long id = connect("a").ids("x").nextId();

        IdLayout.Parts parts = IdLayout.SONYFLAKE.decode(id);
        assertThat(parts.time()).isEqualTo(time.wall());
        assertThat(parts.sequence()).isZero();
        assertThat(entry("slot-" + parts.slot())).isPresent();
    }

    @Test
    void twoGeneratorsOfOneNameInOneClientShareASlotAndMakeNoIdTwice() {
        Sereno a = connect("a");
        IdGenerator one = a.ids("x", SMALL);
        IdGenerator other = a.ids("x", SMALL);

        assertThat(List.of(one.nextId(), other.nextId(), one.nextId(), other.nextId()))
                .doesNotHaveDuplicates()
                .isSorted();
    }

    @Test
    void aTickThatIsUsedUpIsFollowedByTheNextWhenTheClockIsThere() throws Exception {
        IdGenerator ids = connect("a").ids("x", SMALL);
        long[] first = ids.nextIds(4);

        assertThat(ids.tryNextId(Duration.ZERO)).isEmpty();
        time.advance(TICK);

        OptionalLong next = ids.tryNextId(Duration.ZERO);
        assertThat(SMALL.decode(next.getAsLong()).time())
                .isEqualTo(SMALL.decode(first[3]).time().plus(TICK));
    }

    @Test
    void aCallThatWaitsIsServedAsTicksCome() throws Exception {
        IdGenerator ids = connect("a").ids("x", SMALL);

        long[] many = whileTimePasses(() -> ids.nextIds(1_000));

        assertThat(many).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void insideAWindowNoRequestIsSent() {
        FaultyBackend backend = faulty();
        IdGenerator ids = connect("a", backend).ids("x", SMALL);
        long first = ids.nextId();
        List<Request> asked = new ArrayList<>();
        backend.each(asked::add, Fate.pass());

        for (int i = 0; i < 100; i++) {
            time.advance(TICK);
            assertThat(ids.nextId()).isGreaterThan(first);
        }

        assertThat(asked).filteredOn(Request.commitsTo("ids/x")).isEmpty();
        assertThat(asked).filteredOn(Request.reads()).isEmpty();
    }

    @Test
    void aWindowIsExtendedBeforeItEndsAndUsedToItsEndWithoutTheStore() throws Exception {
        FaultyBackend backend = faulty();
        IdGenerator ids = connect("a", backend).ids("x", SMALL);
        long begun = time.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            ids.nextId();
            time.advance(TICK);
        }
        assertThat(ids.tryNextId(Duration.ZERO)).isPresent();
        assertThat(time.nanoTime() - begun).isEqualTo(Duration.ofSeconds(10).toNanos());

        backend.cutOff(Duration.ofSeconds(5));
        for (int i = 0; i < 150; i++) {
            time.advance(TICK);
            ids.nextId();
        }
        time.advance(Duration.ofSeconds(4));
        assertThatThrownBy(() -> ids.tryNextId(Duration.ZERO))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("ids 'x'");
        backend.heal();
        time.advance(Duration.ofSeconds(8));
        assertThat(whileTimePasses(ids::nextId)).isPositive();
    }

    @Test
    void aSoleSlotIsOfUseAgainWhenItsWindowHasPassed() throws Exception {
        Sereno a = connect("a");
        Set<Long> made = new HashSet<>();
        made.add(a.ids("x", SMALL).nextId());
        a.close();

        IdGenerator successor = connect("b").ids("x", SMALL);
        assertThat(successor.tryNextId(Duration.ZERO)).isEmpty();
        OptionalLong next = OptionalLong.empty();
        for (int i = 0; i < 1_000 && next.isEmpty(); i++) {
            time.advance(TICK);
            next = successor.tryNextId(Duration.ZERO);
        }

        assertThat(made.add(next.getAsLong())).isTrue();
        assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(5));
    }

    /** With one slot, a claim that was lost from view and holds the slot would leave the generator without any slot, until its session ends. */
    @Test
    void aReservationOfUnknownOutcomeBurnsNoSlot() throws Exception {
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(700)),
                Fate.applyLate(Duration.ofSeconds(8)),
                Fate.delayRequest(Duration.ofSeconds(7)));
        int name = 0;
        for (Fate fate : fates) {
            for (int skipped = 0; skipped < 3; skipped++) {
                String directory = "ids/x" + name;
                FaultyBackend backend = faulty();
                int[] left = {skipped};
                backend.next(request -> Request.commitsTo(directory).test(request) && left[0]-- == 0, fate);
                IdGenerator ids = connect("a" + name, backend).ids("x" + name, SMALL);
                for (int i = 0; i < 1_500; i++) {
                    var unused = tried(ids);
                    time.advance(TICK);
                }

                assertThat(tried(ids))
                        .as("an id after reservation %s met %s", skipped + 1, fate)
                        .isPresent();
                assertThat(left[0]).as("commits before the fault").isNegative();
                name++;
            }
        }
    }

    /** As after a restore that the client has not noticed: the slot is there under its session, and not the mark that it put. */
    @Test
    void aSlotWhoseMarkChangedIsGivenBackAndClaimedAgain() throws Exception {
        IdGenerator ids = connect("a").ids("x", SMALL);
        long first = ids.nextId();
        store.connect(Runnable::run)
                .commit(Commit.to("ids/x")
                        .put("hw-0", entry("hw-0").orElseThrow().value())
                        .build())
                .toCompletableFuture()
                .join();
        time.advance(Duration.ofSeconds(60));

        assertThat(whileTimePasses(ids::nextId)).isGreaterThan(first);
    }

    @Test
    void whenAllSlotsAreTakenTheErrorSaysSo() throws Exception {
        connect("a").ids("x", SMALL).nextId();
        IdGenerator late = connect("b").ids("x", SMALL);

        assertThatThrownBy(() -> whileTimePasses(late::nextId))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("no slot is free");
        assertThat(late.tryNextId(Duration.ZERO)).isEmpty();
    }

    @Test
    void aClockThatGoesBackStaysOnTheLastTickAndThenWaitsForIt() throws Exception {
        IdGenerator ids = connect("a").ids("x", SMALL);
        long first = ids.nextId();

        time.jumpWall(Duration.ofMinutes(-1));
        long[] rest = ids.nextIds(3);
        assertThat(rest).isSorted();
        assertThat(rest[0]).isGreaterThan(first);
        assertThat(SMALL.decode(rest[2]).time()).isEqualTo(SMALL.decode(first).time());

        assertThatThrownBy(() -> whileTimePasses(ids::nextId))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("behind the next tick");
        time.jumpWall(Duration.ofMinutes(1));
        assertThat(ids.nextId()).isGreaterThan(rest[2]);
    }

    @Test
    void aClockThatIsSetBackDoesNotMoveTheMarkBack() throws Exception {
        Sereno a = connect("a");
        IdGenerator ids = a.ids("x", SMALL);
        ids.nextId();
        long mark = windowEnd();

        time.jumpWall(Duration.ofSeconds(-3));
        for (int i = 0; i < 800; i++) {
            time.advance(TICK);
            var unused = tried(ids);
            assertThat(windowEnd()).isGreaterThanOrEqualTo(mark);
            mark = windowEnd();
        }
    }

    @Test
    void aClockBeforeTheEpochOrBeyondTheTimeBitsIsAClearError() {
        Sereno a = connect("a");
        IdLayout future = new IdLayout(40, TICK, 8, 15, Instant.parse("2100-01-01T00:00:00Z"));
        IdLayout past = new IdLayout(10, TICK, 8, 16, Instant.parse("2014-01-01T00:00:00Z"));

        assertThatThrownBy(() -> a.ids("future", future).tryNextId(Duration.ZERO))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("before the epoch");
        assertThatThrownBy(() -> a.ids("past", past).tryNextId(Duration.ZERO))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("no time bits");
    }

    @Test
    void theLastTickOfALayoutIsUsedAndNoneAfterIt() throws Exception {
        IdLayout short10 = new IdLayout(10, TICK, 0, 1, time.wall());
        IdGenerator ids = connect("a").ids("x", short10);
        long last = -1;
        for (int i = 0; i < 1_024; i++) {
            long id = ids.nextId();
            assertThat(id).isGreaterThan(last);
            last = id;
            time.advance(TICK);
        }
        assertThat(last >> 1).isEqualTo(1_023);
        assertThatThrownBy(() -> ids.tryNextId(Duration.ZERO)).hasMessageContaining("no time bits");
    }

    @Test
    void anotherLayoutUnderTheNameIsRefused() {
        Sereno a = connect("a");
        a.ids("x", SMALL).nextId();

        assertThatIllegalStateException()
                .isThrownBy(() -> a.ids("x").nextId())
                .withMessageContaining("one layout for a name");
        assertThatIllegalStateException()
                .isThrownBy(() -> connect("b").ids("x").nextId())
                .withMessageContaining("slot-bits 0")
                .withMessageContaining("slot-bits 16");
    }

    @Test
    void afterCloseOfTheClientThereAreNoIdsAndOnlyMarksAndLayoutAreLeft() {
        Sereno a = connect("a");
        IdGenerator ids = a.ids("x", SMALL);
        ids.nextId();
        a.close();

        assertThatThrownBy(ids::nextId).isInstanceOf(SerenoClosedException.class);
        assertThat(entries()).extracting(Entry::name).containsExactlyInAnyOrder("layout", "hw-0");
    }

    @Test
    void theWindowIsFinishedWhenTheSessionIsLostAndThenAnotherIsClaimed() throws Exception {
        FaultyBackend backend = faulty();
        IdGenerator ids = connect("a", backend).ids("x", SMALL);
        long first = ids.nextId();
        backend.endLease(backend.leases().get(0));
        time.advance(TICK);

        assertThat(ids.tryNextId(Duration.ZERO)).isPresent();
        long last = first;
        for (int i = 0; i < 1_000; i++) {
            OptionalLong id = ids.tryNextId(Duration.ZERO);
            if (id.isPresent()) {
                assertThat(id.getAsLong()).isGreaterThan(last);
                last = id.getAsLong();
            }
            time.advance(TICK);
        }
        assertThat(ids.tryNextId(Duration.ZERO)).isPresent();
    }

    @Test
    void manyThreadsMakeNoIdTwice() throws Exception {
        IdGenerator ids = connect("a").ids("x", new IdLayout(40, Duration.ofHours(1), 20, 3, Instant.EPOCH));
        ids.nextId();
        Set<Long> made = ConcurrentHashMap.newKeySet();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Thread thread = new Thread(() -> {
                long last = -1;
                for (int i = 0; i < 20_000; i++) {
                    long id = ids.nextId();
                    if (id <= last || !made.add(id)) {
                        return;
                    }
                    last = id;
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(made).hasSize(80_000);
    }

    @Test
    void anInterruptEndsAWaitAndNoIdIsLostForIt() throws Exception {
        IdGenerator ids = connect("a").ids("x", SMALL);
        ids.nextIds(4);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> ids.tryNextId(Duration.ofSeconds(1))).isInstanceOf(InterruptedException.class);
        time.advance(TICK);

        assertThat(SMALL.decode(ids.nextId()).sequence()).isZero();
    }

    @Test
    void argumentsAreCheckedFirst() {
        IdGenerator ids = connect("a").ids("x");
        assertThatThrownBy(() -> ids.nextIds(0)).hasMessageContaining("1 or more is accepted");
        assertThatThrownBy(() -> ids.tryNextId(Duration.ofMillis(-1))).hasMessageContaining("zero or more");
        assertThatThrownBy(() -> connect("b").ids("")).hasMessageContaining("1 to 400");
        assertThat(entries()).isEmpty();
    }

    private static OptionalLong tried(IdGenerator ids) throws InterruptedException {
        try {
            return ids.tryNextId(Duration.ZERO);
        } catch (NotAppliedException outOfReach) {
            return OptionalLong.empty();
        }
    }

    private interface Call<T> {
        T call() throws InterruptedException;
    }

    /** Runs what waits; this thread moves time, and only while the other waits, so that time does not run ahead of it. */
    private <T> T whileTimePasses(Call<T> call) throws Exception {
        var result = new FutureTask<>(call::call);
        Thread caller = new Thread(result);
        caller.start();
        while (!result.isDone()) {
            if (caller.getState() == Thread.State.WAITING) {
                time.advance(TICK);
            }
            Thread.onSpinWait();
        }
        try {
            return result.get();
        } catch (ExecutionException failed) {
            throw (Exception) failed.getCause();
        }
    }

    private Sereno connect(String nodeId) {
        return clients.connect(nodeId, store.connect(Runnable::run));
    }

    private Sereno connect(String nodeId, FaultyBackend backend) {
        return clients.connect(nodeId, backend);
    }

    private FaultyBackend faulty() {
        return clients.line();
    }

    private long windowEnd() {
        return Objects.requireNonNull(
                        IdWindow.decode(entry("hw-0").orElseThrow().value()))
                .to();
    }

    private Optional<Entry> entry(String name) {
        return entries().stream().filter(entry -> entry.name().equals(name)).findFirst();
    }

    private List<Entry> entries() {
        return store.connect(Runnable::run)
                .read(new Query.All("ids/x"))
                .toCompletableFuture()
                .join()
                .entries();
    }
}
