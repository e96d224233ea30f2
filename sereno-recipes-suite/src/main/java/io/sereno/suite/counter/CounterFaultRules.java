package io.sereno.suite.counter;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.properties.Additions;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The counter, while replies are lost and requests arrive late. */
public class CounterFaultRules {
    private static final String NAME = "counter";
    private static final Duration LONG = Duration.ofSeconds(30);

    /** One addition under way. */
    private record Adding(Additions.Addition addition, Calling<Long> call) {
        static Adding of(Node node, String name, Additions additions) {
            Additions.Addition next = additions.next();
            return new Adding(
                    next,
                    node.calls(
                            next.toString(), () -> node.sereno().counter(name).addAndGet(next.bit())));
        }

        void end() {
            CallResult<Long> ended = call.end(LONG);
            addition.ended(ended.succeeded() ? ended.result() : null, ended.thrown());
        }
    }

    @Rule(value = "CTR-2", waits = true, check = "how a change whose reply was lost is settled: not by adding again")
    void aChangeWhoseReplyIsLostIsMadeOnce(Bench bench) {
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseReply().givenUpAfter(Duration.ofMillis(200)),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(2)),
                Fate.applyLate(Duration.ofMillis(40)),
                Fate.applyLate(Duration.ofMillis(600)));
        for (Fate fate : fates) {
            String name = NAME + fates.indexOf(fate);
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            Additions additions = new Additions(Additions.TakenBackBy.NOTHING);
            Adding.of(node, name, additions).end();
            AtomicInteger met = new AtomicInteger();
            for (int i = 0; i < 4; i++) {
                node.script()
                        .next(
                                request -> Request.commitsTo("counter/" + name).test(request)
                                        && request.mayBeUnknown()
                                        && met.incrementAndGet() > 0,
                                fate);
                int before = met.get();
                Adding adding = Adding.of(node, name, additions);
                if (i % 2 == 1) {
                    // Another client's value is there afterwards, so the value does not show the outcome.
                    bench.reach(() -> met.get() > before, bench.patience());
                    Adding.of(other, name, additions).end();
                }
                adding.end();
            }
            bench.pass(Duration.ofSeconds(1));
            long value = other.result("get", other.sereno().counter(name)::get);
            Optional<String> wrong = additions.wrong(value);
            bench.verify(
                    wrong.isEmpty(), () -> wrong.orElse("") + "; " + met.get() + " commits of additions were " + fate);
            bench.evidence("commits that were lost or late", met.get(), 1);
        }
    }

    @Rule(value = "CTR-8", waits = true, check = "OUT-3: what a late copy of a commit is conditioned on")
    void aChangeRequestedBeforeADeletionDoesNotRestoreTheValue(Bench bench) {
        for (Duration late : List.of(Duration.ofMillis(20), Duration.ofMillis(700))) {
            String name = NAME + late.toMillis();
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            Counter counter = node.sereno().counter(name);
            node.run("add 1000", () -> counter.addAndGet(1_000));
            AtomicInteger met = new AtomicInteger();
            // Every copy that is sent before the deletion arrives after the deletion.
            Runnable heal = node.script()
                    .each(
                            request -> Request.commitsTo("counter/" + name).test(request)
                                    && request.mayBeUnknown()
                                    && met.incrementAndGet() > 0,
                            Fate.applyLate(late).givenUpAfter(late));
            Calling<Long> adding = node.calls("add 1", () -> counter.addAndGet(1));
            if (!bench.reach(() -> met.get() > 0, bench.patience())) {
                throw bench.unknown("no commit was sent");
            }
            heal.run();
            other.run("delete", other.sereno().counter(name)::delete);
            adding.end(LONG);
            bench.pass(late.plusMillis(300));
            long value = other.result("get", other.sereno().counter(name)::get);
            bench.verify(
                    value < 1_000,
                    () -> "a counter of 1000 was deleted while an addition of 1 was on its way, and is " + value
                            + " now");
            bench.evidence("commits that came late", met.get(), 1);
        }
    }

    @Rule(value = "CTR-8", waits = true, check = "how delete() reports commits that were not answered")
    void aDeletionThatMayComeLateIsNotReportedAsNotApplied(Bench bench) {
        Duration timeout = bench.kit().operationTimeout();
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        Counter counter = node.sereno().counter(NAME);
        node.run("add 1000", () -> counter.addAndGet(1_000));
        AtomicInteger met = new AtomicInteger();
        Runnable heal = node.script()
                .each(
                        request -> Request.commitsTo("counter/" + NAME).test(request)
                                && request.mayBeUnknown()
                                && met.incrementAndGet() > 0,
                        Fate.applyLate(timeout.plusSeconds(1)).givenUpAfter(timeout));
        CallResult<Boolean> ended = node.calls("delete", () -> {
                    counter.delete();
                    return true;
                })
                .end(LONG);
        heal.run();
        bench.verify(
                !ended.isOpen() && !ended.succeeded(),
                () -> "no commit of a deletion was answered, and it ended as " + ended);
        bench.pass(timeout.plusSeconds(1));
        long value = other.result("get", other.sereno().counter(NAME)::get);
        bench.verify(
                value == 1_000 || !(ended.thrown() instanceof NotAppliedException),
                () -> "delete() ended as " + ended + ", and later the counter of 1000 is " + value);
        bench.evidence("commits that came late", met.get(), 1);
    }
}
