package io.sereno.suite.waitgroup;

import io.sereno.GrantLostException;
import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.properties.Places;
import io.sereno.properties.TakenBackBy;
import io.sereno.simulation.Fate;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;

/** The wait group, while workers die and replies are lost. */
public class WaitGroupFaultRules {
    private static final String NAME = "group";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "WGP-2", waits = true, check = "how a done() whose reply was lost is settled: not by counting again")
    void aDoneWhoseReplyIsLostCountsOnce(Bench bench) {
        for (boolean tracked : new boolean[] {true, false}) {
            LostCommits.each(bench, "waitgroup", NAME + tracked, LostCommits.FATES, lost -> {
                Places places = new Places(3, OnLostWorker.REOPEN, TakenBackBy.NOTHING);
                WaitGroup group = lost.node().sereno().waitGroup(lost.name());
                WaitGroup theirs = lost.other().sereno().waitGroup(lost.name());
                lost.other().run("add 3", () -> theirs.add(3, OnLostWorker.REOPEN));
                Node.Act done = tracked ? joined(lost.node(), group, places)::done : group::done;
                if (tracked) {
                    places.finishes();
                } else {
                    places.countsDown();
                }
                lost.next();
                CallResult<Boolean> ended = lost.node().acts("done", done).end(LONG);
                bench.verify(
                        ended.succeeded() || ended.thrown() instanceof OutcomeUnknownException,
                        () -> "done() ended as " + ended + "; " + lost);
                places.finished(ended.thrown());
                bench.pass(Duration.ofSeconds(1));
                WaitGroup.View shown = lost.other().result("inspect", theirs::inspect);
                lost.require(places.wrong(shown, shown.joined().size()));
            });
        }
    }

    private static Worker joined(Node node, WaitGroup group, Places places) {
        places.joins();
        Worker worker = node.result("join", group::join);
        places.joined(worker.id(), null);
        return worker;
    }

    @Rule(
            value = "WGP-4",
            waits = true,
            check = "LEA-3a and WAT-4: whether the life of a worker that died goes in time, and is announced")
    void theLossOfAWorkerIsSettledByThePolicy(Bench bench) {
        Duration ttl = Node.brief(bench);
        List<OnLostWorker> policies = List.of(OnLostWorker.values());
        Node node = Node.in(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        List<Worker> workers = new java.util.ArrayList<>();
        List<Calling<Boolean>> waiting = new java.util.ArrayList<>();
        for (OnLostWorker policy : policies) {
            WaitGroup group = node.sereno().waitGroup(NAME + policy);
            node.run("add 1", () -> group.add(1, policy));
            workers.add(dying.result("join", dying.sereno().waitGroup(NAME + policy)::join));
            waiting.add(node.calls("await " + policy, () -> group.await(Duration.ofSeconds(60))));
        }
        dying.faults().cutOff();
        long from = bench.now();
        bench.verify(
                bench.reach(() -> waiting.get(0).isDone(), LONG),
                () -> "a worker died " + Bench.text(bench.since(from)) + " ago, and its loss was not noticed");
        bench.within(
                bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS)),
                from,
                "noticing that a worker with a session of " + ttl + " died");
        for (int i = 0; i < policies.size(); i++) {
            WaitGroupRules.requireSettled(
                    bench,
                    node,
                    NAME + policies.get(i),
                    policies.get(i),
                    waiting.get(i),
                    workers.get(i).id());
        }
        bench.within(
                bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS.multipliedBy(2))),
                from,
                "what the loss of workers means");
    }

    @Rule(value = "WGP-6", waits = true, check = "LEA-7: whether what a dead worker sends can still count")
    void aLostWorkerIsNotifiedAndDoesNotCount(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        WaitGroup group = node.sereno().waitGroup(NAME);
        node.run("add 2", () -> group.add(2, OnLostWorker.REOPEN));
        Worker worker = dying.result("join", dying.sereno().waitGroup(NAME)::join);
        Calling<Boolean> waiting = node.calls("await", () -> group.await(Duration.ofSeconds(60)));
        dying.faults().cutOff();
        long from = bench.now();
        bench.verify(
                bench.reach(() -> worker.lost().toCompletableFuture().isDone(), LONG),
                () -> "a worker that is cut off was not notified that its place is lost");
        bench.within(ttl.minus(Node.margin(ttl)).plusMillis(250), from, "lost() of a worker that was cut off");
        // Another worker takes the place.
        bench.pass(bench.afterNotice(Node.gone(bench, ttl)));
        Worker next = null;
        while (next == null) {
            CallResult<Worker> ended = node.calls("join", group::join).end(LONG);
            if (ended.succeeded()) {
                next = ended.result();
            }
            bench.within(
                    bench.afterNotice(Node.gone(bench, ttl).multipliedBy(2).plus(TRIPS)),
                    from,
                    "the release of a lost place");
        }
        dying.faults().heal();
        CallResult<Boolean> done = dying.acts("done", worker::done).end(LONG);
        bench.verify(
                done.thrown() instanceof GrantLostException,
                () -> "done() of a worker that was lost ended as " + done + "; GrantLostException is expected");
        bench.same(
                "pending after done() of a worker that was lost",
                2,
                node.result("inspect", group::inspect).pending());
        bench.verify(!waiting.isDone(), () -> "await() ended though two places are open");
        node.run("done", next::done);
        node.run("done", group::done);
        bench.same("what await() returned", true, waiting.result(LONG));
    }

    @Rule(
            value = "WGP-8",
            waits = true,
            check = "OUT-3: how a place that was taken by a commit whose reply was lost is settled")
    void aPlaceWithoutAWorkerIsReleased(Bench bench) {
        LostCommits lost = new LostCommits(
                bench,
                "waitgroup",
                NAME,
                Fate.loseReply().givenUpAfter(bench.kit().operationTimeout()));
        Node node = lost.other();
        WaitGroup group = node.sereno().waitGroup(NAME);
        node.run("add 1", () -> group.add(1));
        Runnable heal = lost.all();
        CallResult<Worker> joined = lost.node()
                .calls("join", lost.node().sereno().waitGroup(NAME)::join)
                .end(LONG);
        bench.verify(
                joined.thrown() instanceof OutcomeUnknownException,
                () -> "no commit was answered, and join() ended as " + joined
                        + "; OutcomeUnknownException is expected");
        CallResult<Worker> taken = node.calls("join", group::join).end(LONG);
        bench.verify(
                taken.thrown() instanceof IllegalStateException,
                () -> "the place was taken by a commit whose reply was lost, and the next join() ended as " + taken);
        heal.run();
        long from = bench.now();
        while (true) {
            CallResult<Worker> next = node.calls("join", group::join).end(LONG);
            if (next.succeeded()) {
                node.run("done", next.result()::done);
                break;
            }
            bench.within(
                    bench.guarantees().recovery().plusSeconds(10),
                    from,
                    "the release of a place whose caller was given " + joined);
            bench.pass(Duration.ofMillis(50));
        }
        bench.same("what await() returned", true, node.result("await", () -> group.await(LONG)));
        lost.end();
    }
}
