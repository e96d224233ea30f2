package io.sereno.recipes.barrier;

import static io.sereno.recipes.Threads.inThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Barrier;
import io.sereno.BarrierView;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoClosedException;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Defects;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.kernel.Place;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The barrier as its callers see it: errors, crossings, parties that come again, timeouts, interrupts, what stays in the store. */
@Timeout(20)
class BarrierTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Clients clients = new Clients();
    private final Defects defects = new Defects();
    private final FaultyBackend line = clients.line();
    private final SerenoClient one = clients.connect("one", line);
    private final SerenoClient two = clients.connect("two");
    private final Barrier mine = one.barrier("x", 2);
    private final Barrier theirs = two.barrier("x", 2);
    private final Backend store = clients.line();

    @AfterEach
    void close() {
        Thread.interrupted();
        clients.close();
        defects.close();
        assertThat(defects.found()).isEmpty();
    }

    @Test
    void badInputIsRefusedBeforeAnythingIsSent() {
        line.each(request -> true, Fate.refuse());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.barrier("x", 0))
                .withMessage("the number of parties is 0; 1 to 500 are accepted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> one.barrier("x", 501))
                .withMessage("the number of parties is 501; 1 to 500 are accepted");
        assertThatIllegalArgumentException().isThrownBy(() -> mine.await(""));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.await("a".repeat(201)));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.await("a\0"));
        assertThatIllegalArgumentException().isThrownBy(() -> mine.await("a", Duration.ofMillis(-1)));
        assertThat(mine.parties()).isEqualTo(2);
        assertThat(mine.name()).isEqualTo("x");
        assertThat(mine.toString()).contains("barrier 'x'");
    }

    @Test
    void partiesCrossTogetherAgainAndAgain() throws Exception {
        for (int i = 0; i < 5; i++) {
            CompletableFuture<Boolean> first = arrives(mine, "a");
            awaitWaiting("a");
            assertThat(first).isNotDone();
            assertThat(theirs.await("b", SECOND)).isTrue();
            assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(mine.inspect().crossings()).isEqualTo(i + 1L);
        }
        awaitOnly("h");
        assertThat(mine.inspect().waiting()).isEmpty();
    }

    @Test
    void callersOfOneClientAreParties() throws Exception {
        Barrier many = one.barrier("x", 100);
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(arrives(many, "party-" + i));
        }
        for (CompletableFuture<Boolean> each : all) {
            assertThat(each.get(10, TimeUnit.SECONDS)).isTrue();
        }
        awaitOnly("h");
        assertThat(one.client().shared(BarrierCalls.CALLS).size()).isZero();
    }

    @Test
    void aBarrierOfOnePartyIsCrossedAtOnce() throws Exception {
        Barrier alone = one.barrier("x", 1);
        alone.await("a");
        assertThat(alone.await("a", Duration.ZERO)).isTrue();
    }

    @Test
    void moreThanEnoughWaitForTheNextCrossing() throws Exception {
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("a");
        assertThat(theirs.await("b", SECOND)).isTrue();
        CompletableFuture<Boolean> c = arrives(theirs, "c");
        awaitWaiting("c");
        assertThat(a.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(c).isNotDone();
        assertThat(mine.await("a", SECOND)).isTrue();
        assertThat(c.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoGivesUpDoesNotCount() throws Exception {
        assertThat(mine.await("a", Duration.ZERO)).isFalse();
        CompletableFuture<Boolean> impatient = inThread(() -> mine.await("b", Duration.ofSeconds(3)));
        awaitWaiting("b");
        clients.passUntilDone(impatient, Duration.ofSeconds(4));
        assertThat(impatient.get()).isFalse();
        assertThat(theirs.await("c", Duration.ZERO)).isFalse();
        assertThat(names()).as("of the withdrawals").containsExactly("w");
        CompletableFuture<Boolean> d = arrives(theirs, "d");
        awaitWaiting("d");
        assertThat(mine.await("a", SECOND)).isTrue();
        assertThat(d.get(10, TimeUnit.SECONDS)).isTrue();
    }

    /** The look of the last party shows a place from before its withdrawal, beside {@code w} from after it. */
    @ParameterizedTest
    @ValueSource(ints = {2, 40})
    void aPartyThatIsWithdrawnDuringALookIsNotCrossedWith(int parties) throws Exception {
        AtomicReference<Thread> leaving = new AtomicReference<>();
        CompletableFuture<Boolean> left = inThread(() -> {
            leaving.set(Thread.currentThread());
            return one.barrier("x", parties).await("leaves", Duration.ofHours(1));
        });
        awaitWaiting("leaves");
        for (int i = 2; i < parties; i++) {
            CompletableFuture<Boolean> unused = arrives(one.barrier("x", parties), "stays-" + i);
        }
        Threads.until(() -> waiting().size() == parties - 1);
        MixingOnce mixing = new MixingOnce(
                clients.line(),
                () -> {
                    Threads.parked(leaving).interrupt();
                    Threads.until(() -> waiting().size() == parties - 1);
                },
                BarrierTest::formerPlaces);
        mixing.armed = true;
        SerenoClient last = clients.connect("last", mixing);
        assertThat(last.barrier("x", parties).await("last", Duration.ZERO)).isFalse();
        assertThat(mixing.struck).isTrue();
        assertThat(mine.inspect().crossings()).isZero();
        assertThatThrownBy(() -> left.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
    }

    /** The look of a party that crosses for others shows the third party, and not the second one, which arrived earlier during the same look. */
    @Test
    void aPartyThatArrivesDuringALookIsNotPassed() throws Exception {
        CompletableFuture<Boolean> second = new CompletableFuture<>();
        MixingOnce hiding = new MixingOnce(
                clients.line(),
                () -> {
                    var unusedSecond = arrives(mine, "second").thenAccept(second::complete);
                    Threads.until(() -> waiting().size() == 2);
                    CompletableFuture<Boolean> unusedThird = arrives(mine, "third");
                    Threads.until(() -> waiting().size() == 3);
                },
                BarrierTest::withoutFirst);
        line.each(BarrierTest::crosses, Fate.loseRequest());
        CompletableFuture<Boolean> first =
                arrives(clients.connect("first", hiding).barrier("x", 2), "first");
        awaitWaiting("first");
        hiding.armed = true;
        clients.passUntilDone(first, Clients.TTL.multipliedBy(2));
        assertThat(first.get()).isTrue();
        assertThat(hiding.struck).as("the look was mixed").isTrue();
        clients.passUntilDone(second, Clients.TTL);
        assertThat(second.get()).isTrue();
        awaitWaiting("third");
    }

    /** Without the first place that was put between the two reads. */
    private static Snapshot withoutFirst(Snapshot before, Snapshot after) {
        List<Entry> arrived = new ArrayList<>(after.entries());
        arrived.removeAll(before.entries());
        Entry hidden = Collections.min(arrived, Comparator.comparingLong(Entry::createRevision));
        List<Entry> shown = new ArrayList<>(after.entries());
        shown.remove(hidden);
        return new Snapshot(shown, false);
    }

    /** The places from before an event, and all else from after it. */
    private static Snapshot formerPlaces(Snapshot before, Snapshot after) {
        TreeMap<String, Entry> shown = new TreeMap<>();
        after.entries().forEach(entry -> shown.put(entry.name(), entry));
        before.entries().stream()
                .filter(entry -> Place.isPlace(entry.name()))
                .forEach(entry -> shown.put(entry.name(), entry));
        return new Snapshot(List.copyOf(shown.values()), false);
    }

    /** Once it is armed, the next read of the whole barrier mixes what is there before and after an event. Commits return nothing. */
    private static final class MixingOnce extends LyingBackend {
        private final Runnable event;
        private final BinaryOperator<Snapshot> mix;
        private volatile boolean armed;
        private volatile boolean struck;

        MixingOnce(Backend store, Runnable event, BinaryOperator<Snapshot> mix) {
            super(store, Lie.NONE);
            this.event = event;
            this.mix = mix;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            if (!armed || struck || !query.equals(new Query.All("barrier/x"))) {
                return super.read(query);
            }
            struck = true;
            return super.read(query)
                    .thenCompose(before -> CompletableFuture.runAsync(event)
                            .thenCompose(done -> super.read(query))
                            .thenApply(after -> mix.apply(before, after)));
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit)
                    .thenApply(result -> result instanceof CommitResult.Committed committed
                            ? new CommitResult.Committed(committed.revision(), Optional.empty())
                            : result);
        }
    }

    @Test
    void anInterruptWithdrawsTheParty() throws Exception {
        Threads.interruptWhenWaiting(() -> mine.await("a", Duration.ofHours(1)));
        assertThat(mine.inspect().waiting()).isEmpty();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> mine.await("a")).isInstanceOf(InterruptedException.class);
        assertThat(theirs.await("b", Duration.ZERO)).isFalse();
    }

    /** The notice comes while a put is under way, whose read is older. */
    @Test
    void aNoticeDuringAnotherArrivalIsNotLost() throws Exception {
        Barrier here = one.barrier("x", 3);
        CompletableFuture<Boolean> a = arrives(here, "a");
        awaitWaiting("a");
        line.next(
                request -> request instanceof Request.Commit commit
                        && commit.commit().directory().equals("barrier/x"),
                Fate.delayReply(SECOND));
        CompletableFuture<Boolean> b = arrives(here, "b");
        awaitWaiting("a", "b");
        assertThat(two.barrier("x", 3).await("c", SECOND)).isTrue();
        clients.time.advance(SECOND);
        assertThat(a.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(b.get(10, TimeUnit.SECONDS)).isTrue();
    }

    /** REC-8: an interrupt does not prolong the call. */
    @Test
    void anInterruptedCallEndsByItsLimitIfTheStoreIsSilent() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        CompletableFuture<Boolean> call = inThread(() -> {
            thread.set(Thread.currentThread());
            try {
                return mine.await("a", SECOND);
            } finally {
                flag.set(Thread.interrupted());
            }
        });
        awaitWaiting("a");
        Thread waiting = Threads.parked(thread);
        line.each(request -> true, Fate.delayRequest(Duration.ofHours(1)));
        clients.time.advance(Duration.ofMillis(900));
        waiting.interrupt();
        clients.passUntilDone(call, Duration.ofMillis(300));
        assertThatThrownBy(call::get).hasCauseInstanceOf(OutcomeUnknownException.class);
        assertThat(flag.get()).as("the interrupt flag").isTrue();
    }

    @Test
    void anInterruptAfterTheCrossingIsKept() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        line.each(
                request -> request instanceof Request.OpenWatch,
                Fate.delayRequest(Duration.ofHours(1))); // So it does not learn that it has crossed.
        CompletableFuture<Boolean> flag = inThread(() -> {
            thread.set(Thread.currentThread());
            mine.await("a");
            return Thread.interrupted();
        });
        awaitWaiting("a");
        assertThat(theirs.await("b", SECOND)).isTrue();
        Threads.parked(thread).interrupt();
        assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aPartyThatArrivesAgainReplacesItsFormerCall() throws Exception {
        CompletableFuture<Boolean> former = arrives(mine, "a");
        awaitWaiting("a");
        CompletableFuture<Boolean> here = arrives(mine, "a");
        assertThatThrownBy(() -> former.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("party 'a' has arrived again by another call");
        assertThat(here).isNotDone();
        CompletableFuture<Boolean> elsewhere = arrives(theirs, "a");
        Threads.until(() ->
                waiting().stream().map(BarrierView.Waiting::nodeId).toList().equals(List.of("two")));
        assertThat(elsewhere).isNotDone();
        clients.passUntilDone(here, Clients.TTL.multipliedBy(2));
        assertThatThrownBy(here::get).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(mine.await("b", SECOND)).isTrue();
        assertThat(elsewhere.get(10, TimeUnit.SECONDS)).isTrue();
    }

    /** No time passes, so the former call has not looked: the crossing itself says that it was replaced. */
    @Test
    void aPartyThatHasArrivedAgainElsewhereCrossesOnce() throws Exception {
        CompletableFuture<Boolean> former = arrives(mine, "a");
        awaitWaiting("a");
        assertThat(theirs.await("a", Duration.ZERO)).as("one party is missing").isFalse();
        assertThat(former)
                .as("the later call is gone, and the former one goes on")
                .isNotDone();
        CompletableFuture<Boolean> later = arrives(theirs, "a");
        Threads.until(() -> names().size() == 3);
        assertThat(mine.await("b", SECOND)).isTrue();
        assertThat(later.get(10, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> former.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("party 'a' has arrived again by another call");
        awaitOnly("h", "w");
    }

    @Test
    void aCallThatArrivesAgainForALostSessionDoesNotReplaceALaterCall() throws Exception {
        CompletableFuture<Boolean> former = arrives(mine, "a");
        awaitWaiting("a");
        line.cutOff(SECOND);
        clients.passUntil(() -> names().isEmpty(), Clients.TTL.multipliedBy(3));
        CompletableFuture<Boolean> later = arrives(theirs, "a");
        awaitWaiting("a");
        line.heal();
        clients.passUntilDone(former, Clients.TTL.multipliedBy(2));
        assertThatThrownBy(former::get)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("party 'a' has arrived again by another call");
        assertThat(later).isNotDone();
        assertThat(mine.await("b", SECOND)).isTrue();
        assertThat(later.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anotherNumberOfPartiesIsRefused() throws Exception {
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("a");
        assertThatThrownBy(() -> two.barrier("x", 3).await("b"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("party 'a' waits for 2 parties, and this call was given 3");
        assertThat(theirs.await("b", SECOND)).isTrue();
        assertThat(a.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aPartyWhoseSessionIsLostArrivesAgain() throws Exception {
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("a");
        String place = names().get(0);
        line.cutOff(SECOND);
        clients.passUntil(() -> waiting().isEmpty(), Clients.TTL.multipliedBy(3));
        line.heal();
        clients.passUntil(() -> !waiting().isEmpty(), Clients.TTL);
        assertThat(names()).doesNotContain(place);
        assertThat(theirs.await("b", SECOND)).isTrue();
        clients.passUntilDone(a, Clients.TTL);
        assertThat(a.get()).isTrue();
    }

    @Test
    void aPartyThatDiesDoesNotCountAfterItsTtl() throws Exception {
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("a");
        one.close();
        assertThatThrownBy(() -> a.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        assertThat(theirs.await("b", Duration.ZERO)).isFalse();
        assertThatThrownBy(() -> mine.await("a")).isInstanceOf(SerenoClosedException.class);
    }

    /** BAR-2: it lived until after the last one had arrived, and the others wait for nobody to come. */
    @Test
    void ifTheLastPartyDiesBeforeItCrossesAnotherOneDoesSo() throws Exception {
        CompletableFuture<Boolean> b = arrives(theirs, "b");
        awaitWaiting("b");
        line.each(BarrierTest::crosses, Fate.loseRequest());
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("b", "a");
        clients.passUntilDone(b, Clients.TTL.multipliedBy(2));
        assertThat(b.get()).isTrue();
        clients.passUntilDone(a, Clients.TTL.multipliedBy(2));
        assertThat(a.get()).isTrue();
    }

    @Test
    void aTimedWaitOutOfReachOfTheStoreFails() throws Exception {
        Runnable back = line.each(request -> true, Fate.refuse());
        CompletableFuture<Boolean> never = inThread(() -> mine.await("a", SECOND));
        clients.passUntilDone(never, Duration.ofSeconds(2));
        assertThatThrownBy(never::get).hasCauseInstanceOf(NotAppliedException.class);
        back.run();
        CompletableFuture<Boolean> waits = inThread(() -> mine.await("a", Duration.ofSeconds(20)));
        clients.passUntil(() -> !waiting().isEmpty(), Clients.TTL);
        line.cutOff(SECOND);
        clients.passUntilDone(waits, Duration.ofSeconds(25));
        assertThatThrownBy(waits::get).hasCauseInstanceOf(OutcomeUnknownException.class);
        line.heal();
        clients.passUntil(() -> waiting().isEmpty(), Clients.TTL.multipliedBy(2));
        assertThat(theirs.await("b", Duration.ZERO))
                .as("without the one that gave up")
                .isFalse();
    }

    @Test
    void inspectListsThoseThatWait() throws Exception {
        CompletableFuture<Boolean> a = arrives(mine, "Ada Lovelace\n");
        awaitWaiting("Ada Lovelace\n");
        BarrierView.Waiting only = waiting().get(0);
        assertThat(only.nodeId()).isEqualTo("one");
        assertThat(only.parties()).isEqualTo(2);
        assertThat(mine.inspect().crossings()).isZero();
        assertThat(a).isNotDone();
    }

    @Test
    void deleteRemovesEverything() throws Exception {
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("a");
        assertThat(theirs.await("b", SECOND)).isTrue();
        assertThat(a.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(theirs.await("b", Duration.ZERO)).isFalse();
        awaitOnly("h", "w");
        mine.delete();
        assertThat(names()).isEmpty();
        assertThat(mine.inspect()).isEqualTo(new BarrierView(0, List.of()));
        CompletableFuture<Boolean> again = arrives(mine, "a");
        awaitWaiting("a");
        assertThat(theirs.await("b", SECOND)).isTrue();
        assertThat(again.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aBarrierThatIsDeletedEndsTheCallsThatHaveSeenItCrossed() throws Exception {
        assertThat(one.barrier("x", 1).await("c", SECOND)).isTrue();
        CompletableFuture<Boolean> a = arrives(mine, "a");
        awaitWaiting("a");
        theirs.delete();
        assertThatThrownBy(() -> a.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the barrier was deleted meanwhile");
    }

    @Test
    void anEntryThatNobodyCanReadEndsTheCalls() throws Exception {
        store.commit(Commit.to("barrier/x").put("h", Bytes.utf8("nonsense")).build());
        assertThatThrownBy(() -> mine.await("a")).isInstanceOf(UnreadableEntryException.class);
        assertThatThrownBy(mine::inspect).isInstanceOf(UnreadableEntryException.class);
        awaitOnly("h");
    }

    @Test
    void manyThatGiveUpAtOnceDoNotConflict() throws Exception {
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            SerenoClient each = clients.connect("node-" + i);
            String party = "party-" + i;
            all.add(inThread(() -> each.barrier("x", 60).await(party, SECOND)));
        }
        Threads.until(() -> waiting().size() == 50);
        for (CompletableFuture<Boolean> each : all) {
            clients.passUntilDone(each, Duration.ofSeconds(2));
            assertThat(each.get()).isFalse();
        }
        awaitOnly("w");
    }

    private static boolean crosses(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write.name().equals("h"));
    }

    private static CompletableFuture<Boolean> arrives(Barrier barrier, String party) {
        return inThread(() -> barrier.await(party, Duration.ofHours(1)));
    }

    private List<BarrierView.Waiting> waiting() {
        return theirs.inspect().waiting();
    }

    private void awaitWaiting(String... parties) {
        Threads.until(() ->
                waiting().stream().map(BarrierView.Waiting::party).toList().equals(List.of(parties)));
    }

    private List<String> names() {
        return clients.entries("barrier/x").stream().map(Entry::name).toList();
    }

    private void awaitOnly(String... names) {
        Threads.until(() -> names().equals(List.of(names)));
    }
}
