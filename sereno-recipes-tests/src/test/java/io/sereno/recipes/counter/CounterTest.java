package io.sereno.recipes.counter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.Bench;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.Wire;
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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The counter as its callers see it. */
@Timeout(30)
class CounterTest {
    private static final String DIRECTORY = "counter/x";
    /** The operation timeout, and the grace that a backend has beyond it. */
    private static final Duration LIMIT = Clients.OPERATION_TIMEOUT.plusMillis(250);

    private final Clients clients = new Clients();
    private final Backend observer = clients.store.connect(Runnable::run);

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void itHasTheMethodsAndTheMeaningOfAnAtomicLong() {
        Counter counter = clients.connect("one").counter("x");
        assertThat(counter.name()).isEqualTo("x");
        assertThat(counter.get()).isZero();
        assertThat(counter.incrementAndGet()).isEqualTo(1);
        assertThat(counter.getAndIncrement()).isEqualTo(1);
        assertThat(counter.addAndGet(40)).isEqualTo(42);
        assertThat(counter.getAndAdd(-2)).isEqualTo(42);
        assertThat(counter.decrementAndGet()).isEqualTo(39);
        assertThat(counter.getAndSet(7)).isEqualTo(39);
        assertThat(counter.compareAndSet(8, 1)).isFalse();
        assertThat(counter.compareAndSet(7, 5)).isTrue();
        assertThat(counter.updateAndGet(value -> value * value)).isEqualTo(25);
        counter.set(Long.MIN_VALUE);
        assertThat(counter.get()).isEqualTo(Long.MIN_VALUE);
        assertThat(counter.addAndGet(0)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void aChangeOfOneClientIsSeenByAnotherAtOnce() {
        Counter here = clients.connect("one").counter("x");
        Counter there = clients.connect("two").counter("x");
        for (int i = 0; i < 100; i++) {
            assertThat(here.incrementAndGet()).isEqualTo(2 * i + 1);
            assertThat(there.get()).isEqualTo(2 * i + 1);
            assertThat(there.incrementAndGet()).isEqualTo(2 * i + 2);
            assertThat(here.compareAndSet(2 * i + 1, 0)).isFalse();
            assertThat(there.addAndGet(0)).isEqualTo(2 * i + 2);
        }
    }

    @Test
    void anOverflowIsReportedAndChangesNothing() {
        Counter counter = clients.connect("one").counter("x");
        counter.set(Long.MAX_VALUE - 1);
        assertThatThrownBy(() -> counter.addAndGet(2))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage(
                        "addAndGet of counter 'x' on memory: 9223372036854775806 and 2 make a sum outside the range of a"
                                + " long; nothing was changed");
        assertThat(counter.get()).isEqualTo(Long.MAX_VALUE - 1);
        counter.set(Long.MIN_VALUE);
        assertThatThrownBy(counter::decrementAndGet).isInstanceOf(ArithmeticException.class);
        assertFailed(counter.addAsync(-1).toCompletableFuture(), ArithmeticException.class);
        assertThat(counter.get()).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void anOverflowIsJudgedByTheValueThatIsThere() {
        Counter here = clients.connect("one").counter("x");
        here.set(Long.MAX_VALUE);
        clients.connect("two").counter("x").set(5);
        // The value that this client saw last would overflow.
        assertThat(here.incrementAndGet()).isEqualTo(6);
    }

    @Test
    void anOverflowInTheMidstOfABatchLeavesTheOthersAlone() throws Exception {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(Long.MAX_VALUE - 2);
        line.next(Request.commitsTo(DIRECTORY), Fate.delayReply(Duration.ofSeconds(1)));
        List<CompletableFuture<Long>> sums = new ArrayList<>();
        for (long delta : new long[] {-1, 2, 3, 1}) {
            sums.add(counter.addAsync(delta).toCompletableFuture());
        }
        clients.time.advance(Duration.ofSeconds(1));
        assertThat(sums.get(0).get(10, TimeUnit.SECONDS)).isEqualTo(Long.MAX_VALUE - 3);
        assertThat(sums.get(1).get(10, TimeUnit.SECONDS)).isEqualTo(Long.MAX_VALUE - 1);
        assertFailed(sums.get(2), ArithmeticException.class);
        assertThat(sums.get(3).get(10, TimeUnit.SECONDS)).isEqualTo(Long.MAX_VALUE);
        assertThat(counter.get()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anUnchangedCounterIsNotInTheStore() {
        Counter counter = clients.connect("one").counter("x");
        assertThat(counter.get()).isZero();
        assertThat(counter.addAndGet(0)).isZero();
        assertThat(counter.compareAndSet(1, 2)).isFalse();
        assertThat(entries()).isEmpty();
    }

    @Test
    void aChangeTravelsInOneCommitAndAGetInOneRead() {
        List<Request> requests = new ArrayList<>();
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(5);
        line.each(request -> !requests.add(request), Fate.refuse());
        for (int i = 0; i < 10; i++) {
            counter.incrementAndGet();
        }
        assertThat(requests).hasSize(10).allMatch(Request.Commit.class::isInstance);
        requests.clear();
        assertThat(counter.get()).isEqualTo(15);
        assertThat(requests).hasSize(1).allMatch(Request.Read.class::isInstance);
    }

    @Test
    void changesRequestedDuringACommitShareTheNextCommit() throws Exception {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(100);
        List<Request> commits = new ArrayList<>();
        line.each(
                request -> Request.commitsTo(DIRECTORY).test(request) && commits.add(request),
                Fate.delayReply(Duration.ofSeconds(1)));
        List<CompletableFuture<Long>> sums = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sums.add(counter.addAsync(1).toCompletableFuture());
        }
        clients.time.advance(Duration.ofSeconds(2));
        long expected = 101;
        for (CompletableFuture<Long> sum : sums) {
            assertThat(sum.get(10, TimeUnit.SECONDS)).isEqualTo(expected++);
        }
        assertThat(commits).hasSize(2);
    }

    @Test
    void aGetIsNotDelayedByAChangeUnderWay() {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(3);
        line.next(Request.commitsTo(DIRECTORY), Fate.loseRequest().givenUpAfter(Duration.ofHours(1)));
        CompletableFuture<Long> stuck = counter.addAsync(1).toCompletableFuture();
        assertThat(counter.get()).isEqualTo(3);
        assertThat(stuck).isNotDone();
    }

    /** With the machine's clock: with this many threads, a test would not know when to move a manual one. */
    @Test
    void sixteenThreadsOfEachOfFourClientsAddUpWhileRepliesAreLost() throws Exception {
        long each = 50;
        List<Sereno> open = new ArrayList<>();
        List<CompletableFuture<List<Long>>> all = new ArrayList<>();
        for (int node = 0; node < 4; node++) {
            FaultyBackend line = clients.line();
            int[] commits = {0};
            line.each(request -> Request.commitsTo(DIRECTORY).test(request) && ++commits[0] % 5 == 0, Fate.loseReply());
            Sereno sereno = Sereno.builder()
                    .backend(line)
                    .operationTimeout(Duration.ofSeconds(20))
                    .connect();
            open.add(sereno);
            Counter counter = sereno.counter("x");
            for (int i = 0; i < 16; i++) {
                all.add(Threads.inThread(() -> {
                    List<Long> got = new ArrayList<>();
                    for (int k = 0; k < each; k++) {
                        got.add(counter.incrementAndGet());
                    }
                    return got;
                }));
            }
        }
        List<Long> got = new ArrayList<>();
        for (CompletableFuture<List<Long>> one : all) {
            got.addAll(one.get(25, TimeUnit.SECONDS));
        }
        assertThat(got)
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(1, 64 * each).boxed().toList());
        assertThat(open.get(0).counter("x").get()).isEqualTo(64 * each);
        open.forEach(Sereno::close);
    }

    @Test
    void updatesOfManyThreadsOfManyClientsAreAllMade() throws Exception {
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (String node : List.of("a", "b", "c", "d")) {
            Counter counter = clients.connect(node).counter("x");
            for (int i = 0; i < 2; i++) {
                all.add(Threads.inThread(() -> {
                    for (int k = 0; k < 50; k++) {
                        counter.updateAndGet(value -> value + 3);
                    }
                    return true;
                }));
            }
        }
        for (CompletableFuture<Boolean> one : all) {
            one.get(20, TimeUnit.SECONDS);
        }
        assertThat(clients.connect("observer").counter("x").get()).isEqualTo(8 * 50 * 3);
    }

    @Test
    void anExceptionOfAnUpdateReachesItsCallerAndChangesNothing() {
        Counter counter = clients.connect("one").counter("x");
        assertThatThrownBy(() -> counter.updateAndGet(value -> 1 / value)).isInstanceOf(ArithmeticException.class);
        assertThat(entries()).isEmpty();
    }

    @Test
    void anUpdateMayItselfUseTheCounter() {
        Counter counter = clients.connect("one").counter("x");
        assertThat(counter.updateAndGet(value -> value == 0 ? counter.addAndGet(5) : value * 2))
                .isEqualTo(10);
    }

    @Test
    void anUpdateThatAlwaysConflictsEndsInTime() {
        Counter here = clients.connect("one").counter("x");
        Counter there = clients.connect("two").counter("x");
        assertThatThrownBy(() -> here.updateAndGet(value -> {
                    clients.time.advance(Duration.ofSeconds(1));
                    return there.addAndGet(1) + 1;
                }))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("other clients changed the counter");
    }

    @Test
    void deletingSetsItToZeroAndLeavesNoEntryOfAnyClient() {
        Counter here = clients.connect("one").counter("x");
        Counter there = clients.connect("two").counter("x");
        for (int i = 0; i < 40; i++) {
            clients.connect("of many " + i).counter("x").incrementAndGet();
        }
        here.addAndGet(5);
        there.addAndGet(5);
        assertThat(entries()).hasSize(43);
        here.delete();
        assertThat(entries()).isEmpty();
        assertThat(there.get()).isZero();
        assertThat(there.incrementAndGet()).isEqualTo(1);
        assertThat(here.incrementAndGet()).isEqualTo(2);
        there.delete();
        there.delete();
        assertThat(entries()).isEmpty();
    }

    @Test
    void aTimeAfterItsLastChangeAClientHasTheValueInTheStoreAndNothingElseAnywhere() {
        SerenoClient one = clients.connect("one");
        for (int i = 0; i < 200; i++) {
            one.counter("y" + i).incrementAndGet();
        }
        one.counter("x").incrementAndGet();
        assertThat(entries()).hasSize(2);
        clients.time.advance(LIMIT.multipliedBy(2));
        assertThat(entries()).extracting(Entry::name).containsExactly("v");
        assertThat(one.client().shared(CounterRecipe.CELLS).size()).isZero();
        assertThat(one.counter("x").incrementAndGet()).isEqualTo(2);
    }

    @Test
    void theRecordStaysWhileChangesGoOn() {
        List<Request> commits = new ArrayList<>();
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.incrementAndGet();
        line.each(request -> Request.commitsTo(DIRECTORY).test(request) && !commits.add(request), Fate.refuse());
        for (int i = 0; i < 60; i++) {
            clients.time.advance(Duration.ofSeconds(2));
            counter.incrementAndGet();
        }
        assertThat(commits).hasSize(60);
        assertThat(entries()).hasSize(2);
    }

    @Test
    void aRecordThatCannotBeRemovedIsRemovedLater() {
        FaultyBackend line = clients.line();
        SerenoClient one = clients.connect("one", line);
        one.counter("x").incrementAndGet();
        Runnable outage = line.each(Request.commitsTo(DIRECTORY), Fate.refuse());
        clients.time.advance(LIMIT.plusSeconds(1));
        assertThat(entries()).hasSize(2);
        outage.run();
        line.next(Request.commitsTo(DIRECTORY), Fate.loseRequest());
        clients.time.advance(LIMIT);
        assertThat(entries()).hasSize(1);
        assertThat(one.client().shared(CounterRecipe.CELLS).size()).isZero();
    }

    @Test
    void aRemovalOfTheRecordThatComesLateDoesNotMakeAnAdditionLookLost() throws Exception {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.incrementAndGet();
        // The removal is sent when the counter has rested for LIMIT; it is reported as lost, and arrives during the
        // next addition.
        Runnable first = line.each(Request.commitsTo(DIRECTORY), Fate.applyLate(Duration.ofMillis(100)));
        clients.time.advance(LIMIT);
        first.run();
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply().givenUpAfter(Duration.ofMillis(200)));
        CompletableFuture<Long> sum = counter.addAsync(1).toCompletableFuture();
        clients.time.advance(Duration.ofSeconds(2));
        assertThat(sum.get(10, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(counter.get()).isEqualTo(2);
    }

    @Test
    void anUnsentChangeIsNotApplied() {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(3);
        Runnable outage = line.each(Request.any(), Fate.refuse());
        CompletableFuture<Long> sum = counter.addAsync(1).toCompletableFuture();
        clients.time.advance(LIMIT.minusMillis(1));
        assertThat(sum).isNotDone();
        clients.time.advance(Duration.ofMillis(1));
        assertFailed(sum, NotAppliedException.class);
        assertThatThrownBy(counter::get).isInstanceOf(NotAppliedException.class);
        assertFails(counter::incrementAndGet, NotAppliedException.class);
        assertFails(() -> counter.compareAndSet(1, 2), NotAppliedException.class);
        CompletableFuture<Object> deletion = Threads.inThread(() -> {
            counter.delete();
            return true;
        });
        clients.passUntilDone(deletion, LIMIT.multipliedBy(4));
        assertFailed(deletion, NotAppliedException.class);
        outage.run();
        assertThat(counter.get()).isEqualTo(3);
    }

    @Test
    void inALongOutageEachCallFailsInTimeAndAfterItCallsSucceed() {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(3);
        Runnable outage = line.each(Request.any(), Fate.refuse());
        for (int round = 0; round < 4; round++) {
            List<CompletableFuture<Long>> callers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                callers.add(counter.addAsync(1).toCompletableFuture());
            }
            // The thread that completes the previous round may still run; it begins with these afterwards.
            for (CompletableFuture<Long> caller : callers) {
                clients.passUntilDone(caller, LIMIT.plusSeconds(1));
                assertFailed(caller, NotAppliedException.class);
            }
        }
        CompletableFuture<Long> last = counter.addAsync(1).toCompletableFuture();
        outage.run();
        clients.passUntilDone(last, LIMIT);
        assertThat(last).isCompletedWithValue(4L);
    }

    @Test
    void aChangeWithoutAnAnswerIsUnknownAndNotResent() {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(3);
        line.each(Request.any(), Fate.loseReply());
        CompletableFuture<Long> sum = counter.addAsync(1).toCompletableFuture();
        clients.time.advance(LIMIT.minusMillis(1));
        assertThat(sum).isNotDone();
        clients.time.advance(Duration.ofMillis(1));
        assertFailed(sum, OutcomeUnknownException.class);
        assertThat(value()).isEqualTo("sereno/1 counter\nvalue 4\n");
    }

    @Test
    void aChangeUnsentBehindAnUnknownOneIsNotApplied() {
        FaultyBackend line = clients.line();
        Counter counter = clients.connect("one", line).counter("x");
        counter.set(3);
        line.each(Request.any(), Fate.loseRequest());
        CompletableFuture<Long> unanswered = counter.addAsync(1).toCompletableFuture();
        CompletableFuture<Long> waiting = counter.addAsync(10).toCompletableFuture();
        clients.time.advance(LIMIT);
        assertFailed(unanswered, OutcomeUnknownException.class);
        assertFailed(waiting, NotAppliedException.class);
        assertThat(value()).isEqualTo("sereno/1 counter\nvalue 3\n");
    }

    @Test
    void anAbandonedChangeIsNotSentAgain() {
        FaultyBackend line = clients.line();
        Counter here = clients.connect("one", line).counter("x");
        here.set(3);
        Runnable outage = line.each(Request.commitsTo(DIRECTORY), Fate.loseRequest());
        CompletableFuture<Long> unanswered = here.addAsync(1).toCompletableFuture();
        clients.connect("two").counter("x").set(100);
        clients.time.advance(LIMIT);
        assertFailed(unanswered, OutcomeUnknownException.class);
        outage.run();
        clients.time.advance(LIMIT);
        // The outcome is settled late: the change conflicted, so it was never made. It is too late to make it now.
        assertThat(here.addAndGet(10)).isEqualTo(110);
    }

    @Test
    void anEntryWithoutACounterIsReportedAndLeftAlone() {
        Counter counter = clients.connect("one").counter("x");
        var unused = observer.commit(
                Commit.to(DIRECTORY).put("v", Bytes.utf8("something else")).build());
        assertThatThrownBy(counter::get)
                .isInstanceOf(UnreadableEntryException.class)
                .hasMessageContaining("something else");
        assertThatThrownBy(counter::incrementAndGet)
                .isInstanceOf(UnreadableEntryException.class)
                .hasMessageContaining("something else");
        assertThat(value()).isEqualTo("something else");
    }

    @Test
    void aWaitingCallerIsNotInterruptedAndKeepsTheFlag() throws Exception {
        Counter counter = clients.connect("one").counter("x");
        CompletableFuture<Boolean> flag = Threads.inThread(() -> {
            Thread.currentThread().interrupt();
            assertThat(counter.incrementAndGet()).isEqualTo(1);
            assertThat(counter.get()).isEqualTo(1);
            return Thread.currentThread().isInterrupted();
        });
        assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aClosedClientRefusesEverything() {
        SerenoClient one = clients.connect("one");
        Counter counter = one.counter("x");
        counter.incrementAndGet();
        one.close();
        assertThatThrownBy(counter::get).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(counter::incrementAndGet)
                .isInstanceOf(SerenoClosedException.class)
                .hasMessageContaining("incrementAndGet of counter 'x' on memory");
        assertThatThrownBy(counter::delete).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> counter.updateAndGet(value -> 1)).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> counter.onChange(value -> {})).isInstanceOf(SerenoClosedException.class);
        assertFailed(counter.addAsync(1).toCompletableFuture(), SerenoClosedException.class);
        assertThat(entries()).extracting(Entry::name).containsExactly("v");
    }

    @Test
    void closingEndsWhatIsUnderWay() {
        FaultyBackend line = clients.line();
        SerenoClient one = clients.connect("one", line);
        Counter counter = one.counter("x");
        counter.set(100);
        line.each(Request.commitsTo(DIRECTORY), Fate.loseReply().givenUpAfter(Duration.ofSeconds(60)));
        CompletableFuture<Long> sent = counter.addAsync(1).toCompletableFuture();
        CompletableFuture<Long> waiting = counter.addAsync(1).toCompletableFuture();
        one.close();
        assertFailed(sent, OutcomeUnknownException.class);
        assertFailed(waiting, SerenoClosedException.class);
    }

    @Test
    void listenersGetTheValueAndItsChangesInOrderAndAlwaysTheLatest() throws Exception {
        Counter here = clients.connect("one").counter("x");
        Counter there = clients.connect("two").counter("x");
        here.set(7);
        BlockingQueue<Long> values = new LinkedBlockingQueue<>();
        Semaphore permits = new Semaphore(0);
        Subscription subscription = there.onChange(value -> {
            values.add(value);
            permits.acquireUninterruptibly();
        });
        assertThat(values.poll(10, TimeUnit.SECONDS)).isEqualTo(7);
        // The callback is slow, so it gets only the last of the changes meanwhile.
        for (int i = 0; i < 50; i++) {
            here.incrementAndGet();
        }
        permits.release(100);
        long last = 7;
        while (last < 57) {
            Long next = values.poll(10, TimeUnit.SECONDS);
            assertThat(next).isGreaterThan(last);
            last = next;
        }
        here.delete();
        assertThat(values.poll(10, TimeUnit.SECONDS)).isZero();
        subscription.close();
        assertThat(subscription.ended().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
        here.incrementAndGet();
        assertThat(values).isEmpty();
    }

    @Test
    void aCallbackOfOneResultMayWaitForTheNext() throws Exception {
        Counter counter = clients.connect("one").counter("x");
        CompletableFuture<Long> nested = counter.addAsync(1)
                .thenApply(first -> counter.addAsync(10).toCompletableFuture().join()
                        + counter.addAsync(100).toCompletableFuture().join())
                .toCompletableFuture();
        assertThat(nested.get(10, TimeUnit.SECONDS)).isEqualTo(11 + 111);
    }

    @Test
    void changesRequestedBeforeAResultIsReportedAreSentByThen() {
        try (Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT)) {
            Bench.Node node = bench.connect("one");
            node.client().open();
            Counter counter = new CounterRecipe(node.client(), "x", DIRECTORY);
            CompletableFuture<Long> first = counter.addAsync(1).toCompletableFuture();
            CompletableFuture<Long> second = counter.addAsync(2).toCompletableFuture();
            // A caller that waited here for the second would wait for ever, if the second were left for later.
            CompletableFuture<Long> seen = first.thenApply(sum -> counter.get());
            while (!second.isDone()) {
                assertThat(bench.step(LIMIT)).isTrue();
            }
            assertThat(seen.join()).isEqualTo(3);
        }
    }

    private static void assertFailed(CompletableFuture<?> result, Class<? extends Exception> error) {
        assertThat(result)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(error);
    }

    private void assertFails(Threads.Body<?> call, Class<? extends Exception> error) {
        CompletableFuture<Object> result = Threads.inThread(call::run);
        clients.passUntilDone(result, LIMIT.multipliedBy(4));
        assertFailed(result, error);
    }

    private List<Entry> entries() {
        return observer.read(new Query.All(DIRECTORY))
                .toCompletableFuture()
                .join()
                .entries();
    }

    private String value() {
        return observer.read(new Query.One(DIRECTORY, "v"))
                .toCompletableFuture()
                .join()
                .entries()
                .get(0)
                .value()
                .toUtf8();
    }
}
