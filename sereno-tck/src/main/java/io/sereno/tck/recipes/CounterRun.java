package io.sereno.tck.recipes;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.tck.history.CounterModel;
import io.sereno.tck.history.Linearizability;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Callers of several clients who change one counter in every way, and another counter by ones only. */
final class CounterRun {
    private static final String MIXED = "mixed";
    private static final String ONES = "ones";
    private static final int CALLERS = 2;
    private static final long BUDGET = 3_000_000;

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private final Bench bench;
    private final Chronicle chronicle;
    private final List<Node> nodes;
    private final int rounds;
    private final List<Linearizability.Call<CounterModel.Action>> calls = new ArrayList<>();
    private final Set<Long> sums = new HashSet<>();
    private long unknown;

    private CounterRun(Bench bench, List<Node> nodes, int rounds) {
        this.bench = bench;
        this.nodes = nodes;
        this.rounds = rounds;
        this.chronicle = new Chronicle(bench);
        chronicle.simulated(bench.inProcess());
    }

    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    List<Node> nodes = RunNodes.calm(bench, 3);
                    return new Calm(new CounterRun(bench, nodes, 20).play(() -> {}));
                })
                .chronicle();
    }

    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    List<Node> nodes = new ArrayList<>();
                    FaultStorm storm = RunNodes.rough(bench, nodes);
                    storm.begin();
                    return new Rough(new CounterRun(bench, nodes, 25).play(storm::end));
                })
                .chronicle();
    }

    private Chronicle play(Runnable calmDown) {
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (Node node : nodes) {
            for (int i = 0; i < CALLERS; i++) {
                Random random = new Random(bench.random().nextLong());
                callers.add(bench.async(() -> {
                    for (int round = 0; round < rounds; round++) {
                        change(node, random);
                        addOne(node);
                        bench.pass(Duration.ofMillis(random.nextInt(6)));
                    }
                    return true;
                }));
            }
        }
        try {
            bench.join(callers, Duration.ofMinutes(2));
        } finally {
            calmDown.run();
        }
        judgeOnes();
        judgeOrder();
        return chronicle;
    }

    private void change(Node node, Random random) throws Exception {
        Counter counter = node.sereno().counter(MIXED);
        int delta = 1 + random.nextInt(9);
        switch (random.nextInt(7)) {
            case 0 -> call(node, counter::get, CounterModel.Get::new, Optional.empty());
            case 1 -> {
                long value = random.nextInt(1_000);
                call(
                        node,
                        () -> counter.getAndSet(value),
                        before -> new CounterModel.Set(value, Optional.of(before)),
                        Optional.of(new CounterModel.Set(value, Optional.empty())));
            }
            case 2 -> {
                long expected = bench.kit().crew().waiting(() -> quiet(counter));
                call(
                        node,
                        () -> counter.compareAndSet(expected, expected + 100),
                        done -> new CounterModel.CompareAndSet(expected, expected + 100, Optional.of(done)),
                        Optional.of(new CounterModel.CompareAndSet(expected, expected + 100, Optional.empty())));
            }
            case 3 ->
                call(
                        node,
                        () -> counter.updateAndGet(value -> value + delta),
                        sum -> new CounterModel.Add(delta, Optional.of(sum)),
                        Optional.of(new CounterModel.Add(delta, Optional.empty())));
            case 4 ->
                call(
                        node,
                        () -> {
                            counter.delete();
                            return true;
                        },
                        done -> new CounterModel.Delete(),
                        Optional.of(new CounterModel.Delete()));
            default ->
                call(
                        node,
                        () -> counter.addAndGet(delta),
                        sum -> new CounterModel.Add(delta, Optional.of(sum)),
                        Optional.of(new CounterModel.Add(delta, Optional.empty())));
        }
    }

    /** An expected value for a compare-and-set; any value will do. */
    private static long quiet(Counter counter) {
        try {
            return counter.get();
        } catch (NotAppliedException e) {
            return -1;
        }
    }

    private <T> void call(
            Node node,
            Callable<T> call,
            Function<T, CounterModel.Action> reported,
            Optional<CounterModel.Action> ifUnknown)
            throws Exception {
        long invoked = chronicle.tick();
        try {
            T answer = bench.kit().crew().waiting(call);
            long returned = chronicle.tick();
            add(new Linearizability.Call<>(node.name(), invoked, returned, reported.apply(answer)));
        } catch (OutcomeUnknownException e) {
            ifUnknown.ifPresent(
                    action -> add(new Linearizability.Call<>(node.name(), invoked, Long.MAX_VALUE, action)));
        } catch (NotAppliedException e) {
            // The call is not in the history. If it happened all the same, some caller sees a value that has no place
            // in the history.
            chronicle.tried("CTR-2");
        }
    }

    private void add(Linearizability.Call<CounterModel.Action> call) {
        synchronized (calls) {
            calls.add(call);
        }
    }

    private void addOne(Node node) throws Exception {
        try {
            long sum = bench.kit().crew().waiting(node.sereno().counter(ONES)::incrementAndGet);
            synchronized (sums) {
                chronicle.require("CTR-2", sums.add(sum), "incrementAndGet() returned " + sum + " to two callers");
            }
        } catch (OutcomeUnknownException e) {
            synchronized (sums) {
                unknown++;
            }
        } catch (NotAppliedException e) {
            chronicle.tried("CTR-2");
        }
    }

    private void judgeOnes() {
        Node last = nodes.get(nodes.size() - 1);
        long end = last.result("get " + ONES, last.sereno().counter(ONES)::get);
        chronicle.require(
                "CTR-2",
                sums.size() <= end && end <= sums.size() + unknown,
                "after " + sums.size() + " increments that returned and " + unknown
                        + " of unknown outcome the counter is " + end);
    }

    private void judgeOrder() {
        Linearizability.Result<CounterModel.Action> result = Linearizability.check(calls, new CounterModel(), BUDGET);
        if (result.verdict() == Linearizability.Verdict.UNKNOWN) {
            chronicle.undecided("no order of " + calls.size() + " calls of a counter was found within " + BUDGET
                    + " steps, nor that there is none");
        }
        calls.forEach(call -> chronicle.tried("CTR-1"));
        if (result.verdict() == Linearizability.Verdict.IMPOSSIBLE) {
            chronicle.breach(
                    "CTR-1",
                    "no order of these calls explains their results; the first call that fits into no order is "
                            + result.stuck()
                                    .map(call -> call.client() + ": " + call.action())
                                    .orElse("not known"));
        }
    }
}
