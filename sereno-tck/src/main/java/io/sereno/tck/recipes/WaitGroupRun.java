package io.sereno.tck.recipes;

import io.sereno.GrantLostException;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.tck.history.Linearizability;
import io.sereno.tck.history.WaitGroupModel;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.time.Crew;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Generations of workers, with and without a place of their own, and others that wait for them. */
public final class WaitGroupRun {
    private static final String NAME = "run";
    private static final Duration END = Duration.ofSeconds(60);
    private static final long BUDGET = 1_000_000;

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private final Bench bench;
    private final Chronicle chronicle;
    private final List<Node> nodes;
    private final Node steady;
    private final Random random;
    private final List<Linearizability.Call<WaitGroupModel.Action>> calls = new ArrayList<>();
    private final AtomicLong lastDone = new AtomicLong();
    private final AtomicInteger sure = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private int places;

    private WaitGroupRun(Bench bench, List<Node> nodes) {
        this.bench = bench;
        this.nodes = nodes;
        this.steady = nodes.get(nodes.size() - 1);
        this.random = new Random(bench.random().nextLong());
        this.chronicle = new Chronicle(bench);
        chronicle.simulated(bench.inProcess());
    }

    public static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    List<Node> nodes = RunNodes.calm(bench, 3);
                    return new Calm(new WaitGroupRun(bench, nodes).play(8, Duration.ZERO));
                })
                .chronicle();
    }

    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    List<Node> nodes = new ArrayList<>();
                    FaultStorm storm = RunNodes.rough(bench, nodes);
                    storm.begin();
                    WaitGroupRun run = new WaitGroupRun(bench, nodes);
                    try {
                        run.play(8, bench.guarantees().recovery().plusSeconds(3));
                    } finally {
                        storm.end();
                    }
                    return new Rough(run.chronicle);
                })
                .chronicle();
    }

    private Chronicle play(int generations, Duration recovery) {
        for (int generation = 0; generation < generations; generation++) {
            boolean tracked = generation % 2 == 0;
            int size = 2 + random.nextInt(3);
            long invoked = chronicle.tick();
            steady.run("add " + size, () -> steady.sereno().waitGroup(NAME).add(size, OnLostWorker.REOPEN));
            record(steady, invoked, chronicle.tick(), new WaitGroupModel.Added(size));
            places += size;
            List<CompletableFuture<Return>> waiting = new ArrayList<>();
            for (Node node : nodes) {
                waiting.add(bench.async(() -> await(node)));
            }
            List<CompletableFuture<?>> workers = new ArrayList<>();
            for (int i = 0; i < (tracked ? size : size + 1); i++) {
                Node node = nodes.get(random.nextInt(nodes.size()));
                Duration work = Duration.ofMillis(random.nextInt(12));
                workers.add(bench.async(() -> {
                    bench.pass(work);
                    return tracked ? track(node, work) : done(node);
                }));
            }
            bench.join(workers, END);
            finish();
            bench.join(waiting, END);
            // Only now: a waiting client may be notified of the end before the worker that caused it.
            waiting.forEach(one -> requireSoon(one.join(), lastDone.get(), recovery));
        }
        WaitGroup.View view = steady.result("inspect", steady.sereno().waitGroup(NAME)::inspect);
        chronicle.require(
                "WGP-2",
                view.pending() == 0 && sure.get() <= places && places <= sure.get() + unknown.get(),
                "of " + places + " places " + sure.get() + " were done, perhaps " + unknown + " more, and pending is "
                        + view.pending());
        judge();
        return chronicle;
    }

    /** The end of a wait. */
    private record Return(Node node, boolean ended, long at) {}

    private Return await(Node node) throws Exception {
        long invoked = chronicle.tick();
        boolean ended =
                bench.kit().crew().waiting(() -> node.sereno().waitGroup(NAME).await(END.minusSeconds(5)));
        Return result = new Return(node, ended, bench.now());
        record(node, invoked, chronicle.tick(), new WaitGroupModel.Awaited());
        return result;
    }

    private void requireSoon(Return end, long last, Duration recovery) {
        Duration late = Duration.ofNanos(Math.max(0, end.at() - last));
        Duration allowed = Node.steady(bench).dividedBy(4).plus(recovery);
        Duration stood = bench.kit().stalledSince(last).multipliedBy(2);
        chronicle.require(
                "WGP-1",
                end.ended() && late.compareTo(allowed.plus(stood)) <= 0,
                end.node() + ": await returned " + end.ended() + ", " + Bench.text(late)
                        + " after the last place was done; " + Bench.text(allowed) + " is allowed");
    }

    private boolean track(Node node, Duration work) throws Exception {
        Crew crew = bench.kit().crew();
        try {
            Worker worker = crew.waiting(node.sereno().waitGroup(NAME)::join);
            try {
                bench.pass(work);
                return count(node, worker::done);
            } finally {
                // close() waits as well, until its deadline if replies are lost.
                crew.waiting(() -> {
                    worker.close();
                    return true;
                });
            }
        } catch (NotAppliedException | OutcomeUnknownException | IllegalStateException e) {
            // Nobody has the place, or another worker has it; finish() takes care of it.
            return false;
        }
    }

    private boolean done(Node node) throws Exception {
        return count(node, node.sereno().waitGroup(NAME)::done);
    }

    private boolean count(Node node, Node.Act act) throws Exception {
        long invoked = chronicle.tick();
        try {
            bench.kit().crew().waiting(() -> {
                act.run();
                return true;
            });
            lastDone.set(bench.now());
            sure.incrementAndGet();
            record(node, invoked, chronicle.tick(), new WaitGroupModel.Done());
            return true;
        } catch (IllegalStateException e) {
            record(node, invoked, chronicle.tick(), new WaitGroupModel.DoneRefused());
        } catch (OutcomeUnknownException e) {
            lastDone.set(bench.now());
            unknown.incrementAndGet();
            record(node, invoked, Long.MAX_VALUE, new WaitGroupModel.Done());
        } catch (NotAppliedException | GrantLostException e) {
            // The call is not in the history: if it counts all the same, the sum is wrong.
            chronicle.tried("WGP-2");
        }
        return false;
    }

    /** Finishes what failed workers have left. */
    private void finish() {
        long from = bench.now();
        bench.join(
                List.of(bench.async(() -> {
                    while (bench.kit()
                                    .crew()
                                    .waiting(steady.sereno().waitGroup(NAME)::inspect)
                                    .pending()
                            > 0) {
                        if (bench.since(from).compareTo(END) > 0) {
                            throw new RuleFailure("places without a worker are not free after " + Bench.text(END) + ": "
                                    + bench.kit().crew().waiting(steady.sereno().waitGroup(NAME)::inspect));
                        }
                        long invoked = chronicle.tick();
                        try {
                            bench.kit().crew().waiting(() -> {
                                steady.sereno().waitGroup(NAME).done();
                                return true;
                            });
                            lastDone.set(bench.now());
                            sure.incrementAndGet();
                            record(steady, invoked, chronicle.tick(), new WaitGroupModel.Done());
                        } catch (IllegalStateException e) {
                            // Some worker has a place that is about to end.
                            bench.pass(Duration.ofMillis(30));
                        }
                    }
                    return true;
                })),
                END.plusSeconds(10));
    }

    private void record(Node node, long invoked, long returned, WaitGroupModel.Action action) {
        synchronized (calls) {
            calls.add(new Linearizability.Call<>(node.name(), invoked, returned, action));
        }
    }

    private void judge() {
        Linearizability.Result<WaitGroupModel.Action> result =
                Linearizability.check(calls, new WaitGroupModel(), BUDGET);
        if (result.verdict() == Linearizability.Verdict.UNKNOWN) {
            chronicle.undecided("no order of " + calls.size() + " calls of a wait group was found within " + BUDGET
                    + " steps, nor that there is none");
        }
        for (String rule : List.of("WGP-1", "WGP-2")) {
            calls.forEach(call -> chronicle.tried(rule));
            if (result.verdict() == Linearizability.Verdict.IMPOSSIBLE) {
                chronicle.breach(
                        rule,
                        "no order of these calls explains their results; the first call that fits into no order is "
                                + result.stuck()
                                        .map(call -> call.client() + ": " + call.action())
                                        .orElse("not known"));
            }
        }
    }
}
