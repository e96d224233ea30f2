package io.sereno.suite.counter;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Subscription;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.tck.faults.Between;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Gate;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/** The counter, on a store without faults. */
public class CounterRules {
    private static final String NAME = "counter";
    private static final Duration LONG = Duration.ofSeconds(30);

    @Rule(value = "CTR-1", waits = true, check = "which of the values before and after a change each method returns")
    void eachMethodReturnsTheDocumentedValue(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Counter counter = node.sereno().counter(NAME);
        Counter theirs = other.sereno().counter(NAME);
        bench.same("get of a counter that nobody has changed", 0L, node.result("get", counter::get));
        bench.same("addAndGet(5) from 0", 5L, node.result("addAndGet", () -> counter.addAndGet(5)));
        bench.same("getAndAdd(3) from 5", 5L, other.result("getAndAdd", () -> theirs.getAndAdd(3)));
        bench.same("incrementAndGet from 8", 9L, node.result("incrementAndGet", counter::incrementAndGet));
        bench.same("getAndIncrement from 9", 9L, other.result("getAndIncrement", theirs::getAndIncrement));
        bench.same("decrementAndGet from 10", 9L, node.result("decrementAndGet", counter::decrementAndGet));
        bench.same("getAndSet(-2) from 9", 9L, other.result("getAndSet", () -> theirs.getAndSet(-2)));
        bench.same(
                "updateAndGet to its square from -2",
                4L,
                node.result("updateAndGet", () -> counter.updateAndGet(value -> value * value)));
        bench.same("compareAndSet(4, 6) at 4", true, other.result("compareAndSet", () -> theirs.compareAndSet(4, 6)));
        bench.same("compareAndSet(4, 7) at 6", false, node.result("compareAndSet", () -> counter.compareAndSet(4, 7)));
        bench.same(
                "addAsync(1) at 6",
                7L,
                node.result(
                        "addAsync",
                        () -> counter.addAsync(1).toCompletableFuture().get()));
        other.run("set(40)", () -> theirs.set(40));
        bench.same("get after set(40)", 40L, node.result("get", counter::get));
    }

    @Rule(
            value = "CTR-3",
            waits = true,
            check = "how changes in one commit are applied, and how one that cannot be applied is reported")
    void changesThatTravelTogetherHaveEachTheirOwnResult(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench));
        Counter counter = node.sereno().counter(NAME);
        node.run("set", () -> counter.set(Long.MAX_VALUE - 100));
        AtomicInteger commits = new AtomicInteger();
        // Calls made while the first is under way may travel together.
        node.script()
                .each(
                        request -> Request.commitsTo("counter/" + NAME).test(request) && commits.incrementAndGet() > 0,
                        Fate.delayReply(Duration.ofMillis(40)));
        List<CompletableFuture<CallResult<Long>>> stages = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        long value = Long.MAX_VALUE - 100;
        for (int i = 0; i < 40; i++) {
            long delta = i % 8 == 7 ? 1_000 : 2;
            stages.add(ended(bench, counter, delta));
            value += delta == 2 ? 2 : 0;
            expected.add(delta == 2 ? Long.toString(value) : "overflow");
        }
        Calling<Boolean> comparing = node.calls("compareAndSet of another value", () -> counter.compareAndSet(-1, 7));
        List<String> seen = new ArrayList<>();
        for (CompletableFuture<CallResult<Long>> stage : stages) {
            if (!bench.reach(stage::isDone, LONG)) {
                throw new RuleFailure("addAsync has not completed after " + Bench.text(LONG));
            }
            CallResult<Long> end = stage.join();
            seen.add(
                    end.thrown() instanceof ArithmeticException
                            ? "overflow"
                            : end.succeeded() ? Long.toString(end.result()) : String.valueOf(end));
        }
        bench.same("the results of 40 additions that were requested at once", expected, seen);
        bench.same("compareAndSet of a value that is not there, asked for with them", false, comparing.result(LONG));
        bench.same("the value afterwards", value, node.result("get", counter::get));
        bench.count("commits for them", commits.get());
    }

    private static CompletableFuture<CallResult<Long>> ended(Bench bench, Counter counter, long delta) {
        CompletableFuture<CallResult<Long>> result = new CompletableFuture<>();
        counter.addAsync(delta).whenComplete((sum, failure) -> {
            result.complete(CallResult.with(sum, failure));
            bench.stir();
        });
        return result;
    }

    @Rule(value = "CTR-4", waits = true, check = "whether a client answers from the value that it saw last")
    void aCommitThatChangesNothingIsCheckedByTheStoreToo(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Counter mine = one.sereno().counter(NAME);
        Counter theirs = other.sereno().counter(NAME);
        one.run("set 5", () -> mine.set(5));
        for (int i = 0; i < 5; i++) {
            long before = 5L + i;
            other.run("add 1", () -> theirs.addAndGet(1));
            if (i % 2 == 1) {
                bench.same(
                        "compareAndSet of what another client made to itself",
                        true,
                        one.result("compareAndSet", () -> mine.compareAndSet(before + 1, before + 1)));
                continue;
            }
            bench.same(
                    "compareAndSet of a former value",
                    false,
                    one.result("compareAndSet " + before, () -> mine.compareAndSet(before, 77)));
            bench.same("adding 0", before + 1, one.result("add 0", () -> mine.addAndGet(0)));
            bench.same(
                    "compareAndSet of the value to itself",
                    true,
                    one.result("compareAndSet", () -> mine.compareAndSet(before + 1, before + 1)));
        }
        one.run("set to the greatest", () -> mine.set(Long.MAX_VALUE));
        other.run("set 0", () -> theirs.set(0));
        bench.same(
                "adding 1 to a value that another client made small", 1L, one.result("add 1", () -> mine.addAndGet(1)));
        other.run("set to the greatest", () -> theirs.set(Long.MAX_VALUE));
        CallResult<Long> over = one.calls("add 1", () -> mine.addAndGet(1)).end(LONG);
        bench.verify(
                over.thrown() instanceof ArithmeticException,
                () -> "adding 1 to the greatest value, set by another client, ended as " + over);
        bench.same("the value after an overflow", Long.MAX_VALUE, other.result("get", theirs::get));
    }

    @Rule(value = "CTR-5", waits = true, check = "COM-12: a conflict without a reason makes a compare-and-set spin")
    void changesGoThroughHoweverManyCallersThereAre(Bench bench) {
        int nodes = 4;
        int threads = 4;
        int each = 8;
        List<Calling<Boolean>> callers = new ArrayList<>();
        Node last = Node.in(bench);
        for (int i = 0; i < nodes; i++) {
            Node node = Node.in(bench);
            for (int j = 0; j < threads; j++) {
                callers.add(node.calls("increment " + each + " times", () -> {
                    for (int k = 0; k < each; k++) {
                        node.sereno().counter(NAME).incrementAndGet();
                    }
                    return true;
                }));
            }
        }
        for (Calling<Boolean> caller : callers) {
            CallResult<Boolean> ended = caller.end(LONG);
            bench.verify(
                    ended.succeeded(),
                    () -> "of " + nodes * threads + " callers who increment one counter, one ended as " + ended);
        }
        bench.same(
                "the counter after all of them",
                (long) nodes * threads * each,
                last.result("get", last.sereno().counter(NAME)::get));
    }

    @Rule(value = "CTR-5", waits = true, check = "how often a change is retried after conflicts with other clients")
    void aChangeThatConflictsIsRetried(Bench bench) {
        int times = 20;
        Node rival = Node.in(bench);
        Counter theirs = rival.sereno().counter(NAME);
        rival.run("set 0", () -> theirs.set(0));
        AtomicInteger overtaken = new AtomicInteger();
        Node node = Node.in(bench, Node.steady(bench), backend -> new Between(backend) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                boolean changes = commit.directory().equals("counter/" + NAME)
                        && commit.writes().stream()
                                .anyMatch(write -> write.name().equals("v"));
                return changes && overtaken.getAndIncrement() < times
                        ? theirs.addAsync(1).handle((sum, failure) -> true).thenCompose(done -> super.commit(commit))
                        : super.commit(commit);
            }
        });
        CallResult<Long> ended = node.calls(
                        "add 1000", () -> node.sereno().counter(NAME).addAndGet(1_000))
                .end(LONG);
        bench.verify(
                ended.succeeded() && ended.result() >= 1_000,
                () -> "addAndGet(1000), which lost against other clients " + Math.min(times, overtaken.get())
                        + " times, ended as " + ended);
        bench.evidence("conflicts with other clients", Math.min(times, overtaken.get()), times);
    }

    @Rule(value = "CTR-5", waits = true, check = "when the deadline of a change begins: at its call")
    void aBlockedCallbackDelaysNoOther(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench));
        Counter counter = node.sereno().counter(NAME);
        node.run("set 0", () -> counter.set(0));
        Duration timeout = bench.kit().operationTimeout();
        Runnable heal = node.script()
                .each(Request.commitsTo("counter/" + NAME), Fate.loseRequest().givenUpAfter(timeout));
        List<Calling<Long>> callers = new ArrayList<>();
        List<Long> called = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            called.add(bench.now());
            callers.add(node.calls("add 1", () -> counter.addAndGet(1)));
            bench.pass(timeout.dividedBy(5));
        }
        for (int i = 0; i < callers.size(); i++) {
            CallResult<Long> ended = callers.get(i).end(LONG);
            int place = i;
            bench.verify(
                    ended.thrown() instanceof NotAppliedException || ended.thrown() instanceof OutcomeUnknownException,
                    () -> "addAndGet() number " + place + ", while no commit is answered, ended as " + ended);
            Duration took = Duration.ofNanos(callers.get(i).returned() - called.get(i));
            Duration most = timeout.plusMillis(500)
                    .plus(bench.kit().stalledSince(called.get(i)).multipliedBy(2));
            bench.verify(
                    took.compareTo(most) <= 0,
                    () -> "addAndGet() number " + place + ", while no commit is answered, ended after "
                            + Bench.text(took) + "; the operation timeout is " + Bench.text(timeout));
        }
        heal.run();
    }

    @Rule(value = "CTR-6", waits = true, check = "in which thread updateAndGet runs its function")
    void aSlowFunctionDelaysNoOther(Bench bench) {
        Node node = Node.in(bench);
        Counter counter = node.sereno().counter(NAME);
        node.run("add 1", () -> counter.addAndGet(1));
        Gate gate = bench.gate();
        Calling<Long> slow = node.calls(
                "updateAndGet",
                () -> counter.updateAndGet(value -> {
                    gate.pass();
                    return value + 1_000;
                }));
        bench.verify(bench.reach(() -> gate.waiting() == 1, bench.patience()), () -> "a function is not called");
        Map<String, Callable<Long>> others = new LinkedHashMap<>();
        others.put("add 1", () -> counter.addAndGet(1));
        others.put("get", counter::get);
        others.put("updateAndGet", () -> counter.updateAndGet(value -> value + 1));
        others.put("getAndAdd", () -> counter.getAndAdd(1));
        others.put(
                "updateAndGet of another counter",
                () -> node.sereno().counter("beside").updateAndGet(value -> value + 1));
        others.forEach((what, call) -> {
            CallResult<Long> ended = node.calls(what, call).end(bench.kit().operationTimeout());
            bench.verify(ended.succeeded(), () -> what + " while another caller's function is slow ended as " + ended);
        });
        gate.open();
        bench.same("the result of the slow update", 1_004L, slow.result());
    }

    @Rule(value = "CTR-7", waits = true, check = "WAT-1: whether the last change is announced")
    void aListenerGetsValuesInOrderAndTheLastOne(Bench bench) throws Exception {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        List<Long> received = new ArrayList<>();
        try (Subscription subscription = other.result(
                "onChange",
                () -> other.sereno().counter(NAME).onChange(value -> {
                    synchronized (received) {
                        received.add(value);
                    }
                    bench.stir();
                }))) {
            // Two in each round: the second may come while the listener handles the first.
            int rounds = 15;
            for (int round = 1; round <= rounds; round++) {
                node.run("add 1", () -> node.sereno().counter(NAME).incrementAndGet());
                long value =
                        node.result("add 1", () -> node.sereno().counter(NAME).incrementAndGet());
                long from = bench.now();
                bench.verify(
                        bench.reach(() -> last(received) == value, LONG),
                        () -> "the last value is " + value + ", and the listener received " + received);
                bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the notice of the last value");
            }
            bench.pass(Duration.ofMillis(200));
            synchronized (received) {
                bench.same("the events", received.stream().distinct().sorted().toList(), received);
                bench.evidence("values received", received.size(), rounds);
            }
            node.run("delete", node.sereno().counter(NAME)::delete);
            bench.verify(
                    bench.reach(() -> last(received) == 0, LONG),
                    () -> "it was deleted, and the listener received " + received);
            bench.verify(!subscription.ended().toCompletableFuture().isDone(), () -> "the subscription has ended");
        }
    }

    private static long last(List<Long> received) {
        synchronized (received) {
            return received.isEmpty() ? -1 : received.get(received.size() - 1);
        }
    }

    @Rule(value = "CTR-9", waits = true, check = "LIF-8, and whether a client takes its record away when it rests")
    void aClientThatRestsLeavesNothingButTheValue(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        for (Node each : List.of(node, other)) {
            for (long delta : LongStream.range(1, 5).toArray()) {
                each.run("add " + delta, () -> each.sereno().counter(NAME).addAndGet(delta));
            }
        }
        Client judge = bench.judge();
        long from = bench.now();
        List<String> left;
        do {
            bench.pass(Duration.ofMillis(100));
            left = judge.all("counter/" + NAME).stream().map(Entry::name).toList();
        } while (left.size() > 1 && bench.since(from).compareTo(Node.steady(bench)) < 0);
        bench.same("the entries of a counter whose clients rest", List.of("v"), left);
        node.run("delete", node.sereno().counter(NAME)::delete);
        bench.same(
                "the value of a counter that was deleted",
                0L,
                other.result("get", other.sereno().counter(NAME)::get));
        bench.pass(Duration.ofMillis(100));
        bench.same("its entries", "[]", judge.all("counter/" + NAME).toString());
    }

    @Rule(value = "CTR-10", check = "COM-3: a put on condition that the entry is absent or unchanged")
    void aCounterExistsFromItsFirstChangeToItsDeletion(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Counter mine = node.sereno().counter(NAME);
        Counter theirs = other.sereno().counter(NAME);
        bench.same("add 0", 0L, node.result("add 0", () -> mine.addAndGet(0)));
        bench.same("exists before any change", false, other.result("exists", theirs::exists));
        node.run("set 0", () -> mine.set(0));
        bench.same("exists with the value 0", true, other.result("exists", theirs::exists));
        bench.same("setIfAbsent of a counter that exists", false, other.result("set", () -> theirs.setIfAbsent(7)));
        bench.same("its value", 0L, node.result("get", mine::get));
        node.run("delete", mine::delete);
        bench.same("exists after the deletion", false, other.result("exists", theirs::exists));
        bench.same("setIfAbsent of a counter that is gone", true, node.result("set", () -> mine.setIfAbsent(8)));
        bench.same("the second setIfAbsent", false, other.result("set", () -> theirs.setIfAbsent(9)));
        bench.same("the start value", 8L, other.result("get", theirs::get));
    }
}
