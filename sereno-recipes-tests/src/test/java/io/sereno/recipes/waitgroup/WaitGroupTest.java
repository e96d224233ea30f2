package io.sereno.recipes.waitgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.WorkersLostException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wait group as its users see it. */
@Timeout(60)
class WaitGroupTest {
    private static final String DIRECTORY = "waitgroup/x";
    private static final Duration LONG = Duration.ofMinutes(5);

    private final Clients clients = new Clients();
    private final Backend observer = clients.store.connect(Runnable::run);
    private final SerenoClient parent = clients.connect("parent");
    private final WaitGroup group = parent.waitGroup("x");

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aWaitReturnsWhenAllAreDone() {
        WaitGroup there = clients.connect("child").waitGroup("x");
        assertThat(group.name()).isEqualTo("x");
        group.add(2);
        group.add(1);
        CompletableFuture<Boolean> waiting = waiting(group);
        there.done();
        Worker worker = there.join();
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 2, List.of(worker.id()), List.of()));
        worker.done();
        worker.close();
        assertThat(waiting).isNotDone();
        try (Worker last = there.join()) {
            last.done();
        }
        passUntilDone(waiting);
        assertThat(waiting).isCompletedWithValue(true);
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 0, List.of(), List.of()));
        assertThat(worker.lost().toCompletableFuture()).isNotDone();
    }

    @Test
    void aSecondRunOfTheSameProgramWorks() throws Exception {
        WaitGroup there = clients.connect("child").waitGroup("x");
        for (int run = 1; run <= 3; run++) {
            group.add(2);
            CompletableFuture<Boolean> waiting = waiting(group);
            try (Worker worker = there.join()) {
                worker.done();
            }
            assertThat(group.await(Duration.ZERO)).isFalse();
            there.done();
            passUntilDone(waiting);
            assertThat(waiting).isCompletedWithValue(true);
            assertThat(group.inspect().generation()).isEqualTo(run);
        }
    }

    @Test
    void aWaitBeforeTheFirstAddWaitsForTheFirstGeneration() throws Exception {
        assertThat(group.await(Duration.ZERO)).isFalse();
        CompletableFuture<Boolean> waiting = waiting(group);
        clients.time.advance(Duration.ofSeconds(60));
        assertThat(waiting).isNotDone();
        group.add(1);
        clients.time.advance(Duration.ofSeconds(60));
        assertThat(waiting).isNotDone();
        group.done();
        passUntilDone(waiting);
        assertThat(waiting).isCompletedWithValue(true);
    }

    @Test
    void aWaitForAFinishedGenerationReturnsAtOnceAlsoIfItsEndWasMissed() throws Exception {
        group.add(1);
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("behind", line).waitGroup("x");
        CompletableFuture<Boolean> behind = waiting(there);
        line.holdNotices();
        group.done();
        group.await();
        assertThat(group.await(Duration.ZERO)).isTrue();
        group.add(1);
        assertThat(group.await(Duration.ZERO)).isFalse();
        assertThat(behind).isNotDone();
        line.releaseNotices();
        passUntilDone(behind);
        assertThat(behind).isCompletedWithValue(true);
    }

    @Test
    void aWaitIsNotAnsweredByAReadThatBeganBeforeIt() {
        FaultyBackend line = clients.line();
        Client there = clients.connect("child", line).client();
        Scope scope = new Scope(there, "wait group", "x", DIRECTORY);
        WaitGroupAwaiter awaiter = new WaitGroupAwaiter(scope);
        group.add(1);
        CompletableFuture<Boolean> first = awaiter.enter(null).result();
        line.next(Request.reads(), Fate.delayReply(Duration.ofSeconds(1)));
        group.done(); // The watch says so, and what is read is on its way for a second.
        group.add(1);
        CompletableFuture<Boolean> second = awaiter.enter(null).result();
        clients.time.advance(Duration.ofSeconds(2));
        assertThat(first).isCompletedWithValue(true);
        assertThat(second).isNotDone();
        group.done();
        assertThat(second).isCompletedWithValue(true);
    }

    @Test
    void aWaiterThatMissedTheWholeFirstGenerationReturns() {
        FaultyBackend line = clients.line();
        CompletableFuture<Boolean> early =
                waiting(clients.connect("behind", line).waitGroup("x"));
        line.holdNotices();
        group.add(1);
        group.done();
        group.add(1);
        line.releaseNotices();
        passUntilDone(early);
        assertThat(early).isCompletedWithValue(true);
    }

    @Test
    void aWaiterThatMissedTheFailureOfItsGenerationLearnsOfItDuringTheNext() {
        FaultyBackend line = clients.line();
        group.add(1);
        CompletableFuture<Boolean> behind =
                waiting(clients.connect("behind", line).waitGroup("x"));
        line.holdNotices();
        Worker worker = group.join();
        worker.close();
        group.add(1);
        line.releaseNotices();
        passUntilDone(behind);
        assertThatThrownBy(behind::join)
                .hasCauseInstanceOf(WorkersLostException.class)
                .hasMessageContaining(worker.id());
    }

    @Test
    void aWaitReportsAllWorkersThatWereLostTogether() {
        FaultyBackend line = clients.line();
        WaitGroup dying = clients.connect("dying", line).waitGroup("x");
        group.add(40);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            ids.add(dying.join().id());
        }
        CompletableFuture<Boolean> waiting = waiting(group);
        line.cutOff(Duration.ofSeconds(1));
        passUntilDone(waiting);
        assertThatThrownBy(waiting::join)
                .cause()
                .isInstanceOfSatisfying(
                        WorkersLostException.class,
                        lost -> assertThat(lost.workers()).containsExactlyElementsOf(ids));
    }

    @Test
    void aWorkerThatOnlySeemsLostIsNotSettled() {
        group.add(2);
        Worker worker = group.join();
        // A read that mixes moments may show the claim and not the life.
        List<Entry> mixed = entries().stream()
                .filter(entry -> !entry.name().startsWith("l-"))
                .toList();
        Client client = parent.client();
        WaitGroupSnapshot.Settling settling = Objects.requireNonNull(
                WaitGroupSnapshot.of(new Snapshot(mixed, false)).settle(client.kernel()));
        client.shared(WaitGroupRecipe.CELLS)
                .submit(
                        new Scope(client, "wait group", "x", DIRECTORY),
                        new Query.One(DIRECTORY, WaitGroupRecipe.HEADER),
                        settling);
        assertThat(settling)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(WaitGroupPlace.Gone.class);
        worker.done();
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(), List.of()));
    }

    @Test
    void aWorkerThatOnlySeemsLostIsNotShownAsLost() {
        Lifeless line = new Lifeless(clients.store.connect(clients.callbacks));
        WaitGroup there = clients.connect("there", line).waitGroup("x");
        group.add(3);
        Worker worker = group.join();
        Worker another = group.join();

        // A read while the life was put; and a read while it was deleted, by a client that had seen it.
        line.hide(worker, () -> {});
        assertThat(there.inspect().lost()).isEmpty();
        line.hide(worker, () -> {}, worker::done);
        assertThat(there.inspect()).isEqualTo(new WaitGroup.View(1, 2, List.of(another.id()), List.of()));

        var unused =
                observer.commit(Commit.to(DIRECTORY).delete("l-" + another.id()).build());
        assertThat(there.inspect()).isEqualTo(new WaitGroup.View(1, 2, List.of(another.id()), List.of(another.id())));
    }

    /**
     * The next reads of the directory do not show one life, as reads that mix moments may while it is put or deleted.
     * An action runs during each of them.
     */
    private static final class Lifeless extends LyingBackend {
        private final Queue<Runnable> during = new ArrayDeque<>();
        private String hidden = "";

        Lifeless(Backend real) {
            super(real, Lie.NONE);
        }

        void hide(Worker worker, Runnable... inReads) {
            hidden = "l-" + worker.id();
            during.addAll(List.of(inReads));
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            Runnable happening = during.poll();
            return happening == null
                    ? super.read(query)
                    : super.read(query).thenApply(snapshot -> {
                        happening.run();
                        return new Snapshot(
                                snapshot.entries().stream()
                                        .filter(entry -> !entry.name().equals(hidden))
                                        .toList(),
                                false);
                    });
        }
    }

    @Test
    void manyWaitForOneGroupWithOneWatch() {
        List<Request> watches = new ArrayList<>();
        FaultyBackend line = clients.line();
        Client many = clients.connect("many", line).client();
        line.each(
                request -> request instanceof Request.OpenWatch watch
                        && watch.target().directory().equals(DIRECTORY)
                        && !watches.add(request),
                Fate.refuse());
        group.add(1);
        Scope scope = new Scope(many, "wait group", "x", DIRECTORY);
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            all.add(many.shared(WaitGroupAwaiter.AWAITERS)
                    .enter(DIRECTORY, () -> new WaitGroupAwaiter(scope))
                    .enter(null)
                    .result());
        }
        assertThat(all).noneMatch(CompletableFuture::isDone);
        group.done();
        assertThat(all).allMatch(result -> result.getNow(false));
        assertThat(watches).hasSize(1);
    }

    @Test
    void theCountIsNeverNegativeAndARefusalChangesNothing() {
        assertThatThrownBy(group::done)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("done of wait group 'x' on memory: no place was added yet; add() opens places");
        assertThatThrownBy(group::join)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no place was added yet");
        assertThat(entries()).isEmpty();
        group.add(1);
        Worker worker = group.join();
        assertThatThrownBy(group::done)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("each of the 1 places that are not done is taken");
        assertThatThrownBy(group::join).isInstanceOf(IllegalStateException.class);
        worker.done();
        assertThatThrownBy(worker::done)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("done or closed before");
        assertThatThrownBy(group::done)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("generation 1 is finished");
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 0, List.of(), List.of()));
    }

    @Test
    void badArgumentsAreRefusedBeforeAnyRequest() {
        List<Request> requests = new ArrayList<>();
        FaultyBackend line = clients.line();
        WaitGroup here = clients.connect("here", line).waitGroup("x");
        line.each(request -> !requests.add(request), Fate.refuse());
        assertThatThrownBy(() -> here.add(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("workers is 0; 1 or more is accepted");
        assertThatThrownBy(() -> here.await(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThat(requests).isEmpty();
        here.add(Integer.MAX_VALUE);
        assertThatThrownBy(() -> here.add(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("are more than 2147483647; nothing was changed");
    }

    @Test
    void aGenerationHasOnePolicy() {
        group.add(1, OnLostWorker.REOPEN);
        group.add(1);
        assertThatThrownBy(() -> group.add(1, OnLostWorker.FAIL))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("generation 1 has policy REOPEN, and FAIL was requested; nothing was changed");
        group.done();
        group.done();
        group.add(1, OnLostWorker.FAIL);
        assertThat(group.inspect().pending()).isEqualTo(1);
    }

    /** Ten clients with ten workers each; one client dies. */
    @ParameterizedTest
    @EnumSource(OnLostWorker.class)
    void aHundredWorkersOfWhichTenDie(OnLostWorker policy) {
        group.add(100, policy);
        List<Worker> doomed = new ArrayList<>();
        List<Worker> others = new ArrayList<>();
        FaultyBackend line = clients.line();
        WaitGroup dying = clients.connect("dying", line).waitGroup("x");
        for (int i = 0; i < 10; i++) {
            doomed.add(dying.join());
        }
        for (int node = 0; node < 9; node++) {
            WaitGroup there = clients.connect("node " + node).waitGroup("x");
            for (int i = 0; i < 10; i++) {
                others.add(there.join());
            }
        }
        assertThat(group.inspect().joined()).hasSize(100);
        CompletableFuture<Boolean> waiting = waiting(group);
        others.subList(0, 45).forEach(Worker::done);
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL.plusSeconds(2));
        List<String> ids = doomed.stream().map(Worker::id).toList();
        for (Worker worker : doomed) {
            assertThat(worker.lost().toCompletableFuture())
                    .succeedsWithin(Duration.ofSeconds(10))
                    .isEqualTo(LossCause.SESSION_EXPIRED);
            assertThatThrownBy(worker::done).isInstanceOf(GrantLostException.class);
        }
        if (policy == OnLostWorker.REOPEN) {
            WaitGroup heirs = clients.connect("heirs").waitGroup("x");
            for (int i = 0; i < 10; i++) {
                others.add(heirs.join());
            }
        }
        if (policy == OnLostWorker.FAIL) {
            passUntilDone(waiting);
            assertThatThrownBy(waiting::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            WorkersLostException.class,
                            lost -> assertThat(lost.workers()).containsExactlyElementsOf(ids));
            assertThat(group.inspect().lost()).containsExactlyElementsOf(ids);
        } else {
            assertThat(waiting).isNotDone();
        }
        others.subList(45, others.size()).forEach(Worker::done);
        passUntilDone(waiting);
        if (policy != OnLostWorker.FAIL) {
            assertThat(waiting).isCompletedWithValue(true);
        }
        line.heal();
        group.add(1);
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(2, 1, List.of(), List.of()));
        assertThat(entries()).noneMatch(entry -> entry.name().startsWith("c-"));
    }

    @Test
    void aWorkerThatIsClosedWithoutBeingDoneHasFailedAtOnce() throws Exception {
        WaitGroup there = clients.connect("child").waitGroup("x");
        group.add(1, OnLostWorker.REOPEN);
        there.join().close();
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(), List.of()));
        there.join().done();
        group.add(1, OnLostWorker.COUNT_AS_DONE);
        there.join().close();
        assertThat(group.await(Duration.ZERO)).isTrue();
        group.add(1, OnLostWorker.FAIL);
        Worker worker = there.join();
        worker.close();
        worker.close();
        assertThat(worker.lost().toCompletableFuture()).isNotDone();
        assertThatThrownBy(worker::done).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> group.await(Duration.ZERO))
                .isInstanceOf(WorkersLostException.class)
                .hasMessageContaining(worker.id());
        assertThatThrownBy(group::join)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("generation 3 has failed");
        assertThat(entries()).extracting(Entry::name).noneMatch(name -> name.startsWith("c-") || name.startsWith("l-"));
    }

    @Test
    void aJoinWithoutAFreePlaceTakesThatOfALostWorker() {
        FaultyBackend line = clients.line();
        WaitGroup dying = clients.connect("dying", line).waitGroup("x");
        group.add(20, OnLostWorker.REOPEN);
        for (int i = 0; i < 20; i++) {
            dying.join();
        }
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL.plusSeconds(2));
        // No waiter is there to settle it.
        assertThat(group.inspect().lost()).hasSize(20);
        Worker worker = group.join();
        assertThat(group.inspect().joined()).contains(worker.id());
        for (int i = 0; i < 19; i++) {
            group.done();
        }
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(worker.id()), List.of()));
    }

    /** The look for lost workers takes a while, and another client has settled them before it shows the store. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPlaceThatAnotherClientHasJustReopenedIsFree(boolean joins) {
        FaultyBackend dead = clients.line();
        WaitGroup dying = clients.connect("dying", dead).waitGroup("x");
        FaultyBackend line = clients.line();
        WaitGroup slow = clients.connect("slow", line).waitGroup("x");
        group.add(2, OnLostWorker.REOPEN);
        dying.join();
        dying.join();
        dead.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL.plusSeconds(2));
        CompletableFuture<Boolean> looks = new CompletableFuture<>();
        line.next(
                request -> request instanceof Request.Read read
                        && read.query() instanceof Query.All
                        && looks.complete(true),
                Fate.delayRequest(Duration.ofSeconds(1)));
        CompletableFuture<Object> result = Threads.inThread(() -> {
            if (joins) {
                return slow.join();
            }
            slow.done();
            return true;
        });
        assertThat(looks).succeedsWithin(Duration.ofSeconds(10));
        group.join();
        passUntilDone(result);
        assertThat(result.join()).isNotNull();
    }

    /** Each of its steps may be slow: together they take no longer than one may. */
    @Test
    void aCallThatTakesSeveralStepsEndsWithinTheTimeOfOne() {
        group.add(1, OnLostWorker.REOPEN);
        Worker lost = group.join();
        var unused =
                observer.commit(Commit.to(DIRECTORY).delete("l-" + lost.id()).build());
        FaultyBackend line = clients.line();
        WaitGroup slow = clients.connect("slow", line).waitGroup("x");
        line.each(
                request -> request instanceof Request.Read
                        || Request.commitsTo(DIRECTORY).test(request),
                Fate.delayReply(Duration.ofSeconds(3)));
        Duration limit = Clients.OPERATION_TIMEOUT.plusMillis(250);
        for (Callable<Object> call : List.<Callable<Object>>of(slow::join, slow::inspect)) {
            CompletableFuture<Object> result = Threads.inThread(call::call);
            clients.passUntilDone(result, limit.plusSeconds(1));
            assertThat(result)
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableThat()
                    .withCauseInstanceOf(NotAppliedException.class);
        }
    }

    @Test
    void aWorkerIsNotifiedWhenItsClientIsClosedAndOthersSettleIt() {
        SerenoClient child = clients.connect("child");
        group.add(1, OnLostWorker.COUNT_AS_DONE);
        Worker worker = child.waitGroup("x").join();
        CompletableFuture<Boolean> waiting = waiting(group);
        child.close();
        assertThat(worker.lost().toCompletableFuture())
                .succeedsWithin(Duration.ofSeconds(10))
                .isEqualTo(LossCause.SERENO_CLOSED);
        assertThatThrownBy(worker::done)
                .isInstanceOfSatisfying(
                        GrantLostException.class,
                        lost -> assertThat(lost.lossCause()).isEqualTo(LossCause.SERENO_CLOSED));
        worker.close();
        passUntilDone(waiting);
        assertThat(waiting).isCompletedWithValue(true);
    }

    @Test
    void aWorkerIsNotifiedWhenItsPlaceIsRemoved() {
        group.add(1, OnLostWorker.REOPEN);
        Worker worker = group.join();
        // From a third of the ttl on, it is watched.
        clients.time.advance(Clients.TTL.dividedBy(2));
        observer.commit(Commit.to(DIRECTORY).delete("l-" + worker.id()).build())
                .toCompletableFuture()
                .join();
        assertThat(worker.lost().toCompletableFuture())
                .succeedsWithin(Duration.ofSeconds(10))
                .isEqualTo(LossCause.ENTRY_REMOVED);
        assertThatThrownBy(worker::done).isInstanceOf(GrantLostException.class);
        group.join().done();
    }

    @Test
    void aDoneWhoseReplyIsLostCountsOnce() throws Exception {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("child", line).waitGroup("x");
        group.add(3);
        Worker worker = there.join();
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        done(worker);
        assertThat(group.inspect().pending()).isEqualTo(2);
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        CompletableFuture<Boolean> untracked = Threads.inThread(() -> {
            there.done();
            return true;
        });
        passUntilDone(untracked);
        assertThat(untracked).isCompletedWithValue(true);
        assertThat(group.inspect().pending()).isEqualTo(1);
    }

    @Test
    void aDoneOfUnknownOutcomeMayBeRepeated() {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("child", line).waitGroup("x");
        group.add(2);
        Worker worker = there.join();
        Runnable outage = line.each(Request.commitsTo(DIRECTORY), Fate.loseReply());
        CompletableFuture<Boolean> unanswered = Threads.inThread(() -> {
            worker.done();
            return true;
        });
        passUntilDone(unanswered);
        assertThatThrownBy(unanswered::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        outage.run();
        done(worker);
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(), List.of()));
    }

    @Test
    void aDoneThatCouldNotBeSentMayBeRepeated() {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("child", line).waitGroup("x");
        group.add(1);
        Worker worker = there.join();
        Runnable outage = line.each(Request.commitsTo(DIRECTORY), Fate.refuse());
        CompletableFuture<Boolean> failed = Threads.inThread(() -> {
            worker.done();
            return true;
        });
        passUntilDone(failed);
        assertThatThrownBy(failed::join).hasCauseInstanceOf(NotAppliedException.class);
        outage.run();
        done(worker);
        assertThat(group.inspect().pending()).isZero();
    }

    @Test
    void aPlaceTakenByAJoinOfUnknownOutcomeIsReleased() {
        FaultyBackend line = clients.line();
        SerenoClient child = clients.connect("child", line);
        WaitGroup there = child.waitGroup("x");
        group.add(1);
        Runnable outage = line.each(Request.commitsTo(DIRECTORY), Fate.loseReply());
        CompletableFuture<Worker> unanswered = Threads.inThread(there::join);
        passUntilDone(unanswered);
        assertThatThrownBy(unanswered::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        outage.run();
        clients.time.advance(Duration.ofSeconds(10));
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(), List.of()));
        group.join().done();
    }

    @Test
    void aWorkerThatIsClosedWhileTheStoreIsAwayIsReleasedLater() {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("child", line).waitGroup("x");
        group.add(1, OnLostWorker.REOPEN);
        Worker worker = there.join();
        Runnable outage = line.each(Request.commitsTo(DIRECTORY), Fate.refuse());
        CompletableFuture<Boolean> closed = Threads.inThread(() -> {
            worker.close();
            return true;
        });
        passUntilDone(closed);
        assertThat(closed).isCompletedWithValue(true);
        assertThat(group.inspect().joined()).containsExactly(worker.id());
        outage.run();
        clients.time.advance(Duration.ofSeconds(20));
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 1, List.of(), List.of()));
    }

    @Test
    void deletingEndsTheGenerationForAllAndLeavesNoEntry() {
        WaitGroup there = clients.connect("child").waitGroup("x");
        group.add(50);
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            workers.add(there.join());
        }
        clients.time.advance(Clients.TTL.dividedBy(2));
        CompletableFuture<Boolean> waiting = waiting(there);
        group.delete();
        assertThat(entries()).isEmpty();
        passUntilDone(waiting);
        assertThatThrownBy(waiting::join)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the wait group was deleted meanwhile");
        for (Worker worker : workers) {
            assertThat(worker.lost().toCompletableFuture())
                    .succeedsWithin(Duration.ofSeconds(10))
                    .isEqualTo(LossCause.ENTRY_REMOVED);
        }
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(0, 0, List.of(), List.of()));
        group.delete();
        group.add(1);
        assertThat(group.inspect().generation()).isEqualTo(1);
    }

    @Test
    void aWaitFailsAtADeletionAlsoWhenTheGroupIsUsedAgainAtOnce() {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("behind", line).waitGroup("x");
        group.add(1);
        CompletableFuture<Boolean> waiting = waiting(there);
        line.holdNotices();
        group.delete();
        group.add(1);
        line.releaseNotices();
        passUntilDone(waiting);
        assertThatThrownBy(waiting::join).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void aWaitForSomeTimeEndsInTimeAndSaysWhetherTheStoreCouldBeAsked() {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("child", line).waitGroup("x");
        group.add(1);
        CompletableFuture<Boolean> inTime = Threads.inThread(() -> there.await(Duration.ofSeconds(3)));
        passUntilDone(inTime);
        assertThat(inTime).isCompletedWithValue(false);
        Runnable outage = line.each(Request.any(), Fate.refuse());
        CompletableFuture<Boolean> blind = Threads.inThread(() -> there.await(Duration.ofSeconds(3)));
        passUntilDone(blind);
        assertThatThrownBy(blind::join).hasCauseInstanceOf(NotAppliedException.class);
        outage.run();
    }

    @Test
    void aWaitContinuesThroughAnOutage() {
        FaultyBackend line = clients.line();
        WaitGroup there = clients.connect("child", line).waitGroup("x");
        group.add(1);
        CompletableFuture<Boolean> waiting = waiting(there);
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Duration.ofMinutes(2));
        group.done();
        clients.time.advance(Duration.ofMinutes(2));
        assertThat(waiting).isNotDone();
        line.heal();
        passUntilDone(waiting);
        assertThat(waiting).isCompletedWithValue(true);
    }

    @Test
    void anInterruptEndsTheWaitAndNothingElse() throws Exception {
        group.add(1);
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<Boolean> waiting = Threads.inThread(() -> {
            thread.complete(Thread.currentThread());
            group.await();
            return true;
        });
        thread.join().interrupt();
        assertThat(waiting)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(InterruptedException.class);
        assertThat(parent.client().shared(WaitGroupAwaiter.AWAITERS).size()).isZero();
        group.done();
        assertThat(group.await(Duration.ZERO)).isTrue();
    }

    @Test
    void aClosedClientRefusesEverythingAndEndsWaits() {
        group.add(1);
        SerenoClient child = clients.connect("child");
        WaitGroup there = child.waitGroup("x");
        CompletableFuture<Boolean> waiting = waiting(there);
        child.close();
        passUntilDone(waiting);
        assertThatThrownBy(waiting::join).hasCauseInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> there.add(1)).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(there::join).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(there::done).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(there::await).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(there::inspect).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(there::delete).isInstanceOf(SerenoClosedException.class);
    }

    /** With the machine's clock: with this many threads, a test would not know when to move a manual one. */
    @Test
    void sixteenThreadsOfFourClientsCountDownWhileRepliesAreLost() throws Exception {
        int each = 25;
        group.add(16 * each);
        List<Sereno> open = new ArrayList<>();
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int node = 0; node < 4; node++) {
            FaultyBackend line = clients.line();
            int[] commits = {0};
            line.each(request -> Request.commitsTo(DIRECTORY).test(request) && ++commits[0] % 7 == 0, Fate.loseReply());
            Sereno sereno = Sereno.builder()
                    .backend(line)
                    .operationTimeout(Duration.ofSeconds(20))
                    .connect();
            open.add(sereno);
            WaitGroup there = sereno.waitGroup("x");
            for (int i = 0; i < 4; i++) {
                boolean tracked = i % 2 == 0;
                all.add(Threads.inThread(() -> {
                    for (int k = 0; k < each; k++) {
                        if (tracked) {
                            there.join().done();
                        } else {
                            there.done();
                        }
                    }
                    return true;
                }));
            }
        }
        for (CompletableFuture<Boolean> one : all) {
            one.get(40, TimeUnit.SECONDS);
        }
        assertThat(group.await(Duration.ZERO)).isTrue();
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(1, 0, List.of(), List.of()));
        open.forEach(Sereno::close);
    }

    private void done(Worker worker) {
        CompletableFuture<Boolean> done = Threads.inThread(() -> {
            worker.done();
            return true;
        });
        passUntilDone(done);
        assertThat(done).isCompletedWithValue(true);
    }

    /** Waits in another thread; returns when that thread has asked the store, and waits. */
    private static CompletableFuture<Boolean> waiting(WaitGroup group) {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<Boolean> waiting = Threads.inThread(() -> {
            thread.complete(Thread.currentThread());
            group.await();
            return true;
        });
        while (thread.join().getState() != Thread.State.WAITING && !waiting.isDone()) {
            Thread.onSpinWait();
        }
        return waiting;
    }

    private void passUntilDone(CompletableFuture<?> result) {
        clients.passUntilDone(result, LONG);
    }

    private List<Entry> entries() {
        return observer.read(new Query.All(DIRECTORY))
                .toCompletableFuture()
                .join()
                .entries();
    }
}
