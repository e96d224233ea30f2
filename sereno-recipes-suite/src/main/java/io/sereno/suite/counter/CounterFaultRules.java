package io.sereno.suite.counter;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The counter, while replies are lost and requests arrive late. */
public class CounterFaultRules {
    private static final String NAME = "counter";
    private static final Duration LONG = Duration.ofSeconds(30);

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
            Counter counter = node.sereno().counter(name);
            node.run("add 1000", () -> counter.addAndGet(1_000));
            AtomicInteger met = new AtomicInteger();
            long sure = 1_000;
            long unknown = 0;
            for (int i = 0; i < 4; i++) {
                node.script()
                        .next(
                                request -> Request.commitsTo("counter/" + name).test(request)
                                        && request.mayBeUnknown()
                                        && met.incrementAndGet() > 0,
                                fate);
                int before = met.get();
                long added = sure;
                Calling<Long> adding = node.calls("add 10", () -> counter.addAndGet(10));
                if (i % 2 == 1) {
                    // Another client's value is there afterwards, so the value does not show the outcome.
                    bench.reach(() -> met.get() > before, bench.patience());
                    other.run("add 10", () -> other.sereno().counter(name).addAndGet(10));
                    sure += 10;
                }
                CallResult<Long> ended = adding.end(LONG);
                if (ended.succeeded()) {
                    sure += 10;
                } else if (ended.thrown() instanceof OutcomeUnknownException) {
                    unknown += 10;
                } else {
                    bench.verify(
                            ended.thrown() instanceof NotAppliedException,
                            () -> "an addition whose reply was lost ended as " + ended);
                }
                bench.verify(
                        !ended.succeeded() || ended.result() >= added,
                        () -> "an addition returned " + ended + ", and " + added + " was there already");
            }
            bench.pass(Duration.ofSeconds(1));
            long end = other.result("get", other.sereno().counter(name)::get);
            long least = sure;
            long most = sure + unknown;
            bench.verify(
                    least <= end && end <= most,
                    () -> "1000 and additions of 10, " + met.get() + " of whose commits were " + fate + ", make " + end
                            + "; from " + least + " to " + most + " is right");
            bench.evidence("commits that were lost or late", met.get(), 1);
            bench.count("additions of unknown outcome", unknown / 10);
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
