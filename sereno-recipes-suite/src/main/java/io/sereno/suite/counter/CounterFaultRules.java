package io.sereno.suite.counter;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.properties.Additions;
import io.sereno.properties.TakenBackBy;
import io.sereno.simulation.Fate;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import java.time.Duration;
import java.util.List;

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
        LostCommits.each(bench, "counter", NAME, fates, lost -> {
            Additions additions = new Additions(TakenBackBy.NOTHING);
            Adding.of(lost.node(), lost.name(), additions).end();
            for (int i = 0; i < 4; i++) {
                lost.next();
                int before = lost.met();
                Adding adding = Adding.of(lost.node(), lost.name(), additions);
                if (i % 2 == 1) {
                    // Another client's value is there afterwards, so the value does not show the outcome.
                    bench.reach(() -> lost.met() > before, bench.patience());
                    Adding.of(lost.other(), lost.name(), additions).end();
                }
                adding.end();
            }
            bench.pass(Duration.ofSeconds(1));
            lost.require(additions.wrong(
                    lost.other().result("get", lost.other().sereno().counter(lost.name())::get)));
        });
    }

    @Rule(value = "CTR-8", waits = true, check = "OUT-3: what a late copy of a commit is conditioned on")
    void aChangeRequestedBeforeADeletionDoesNotRestoreTheValue(Bench bench) {
        for (Duration late : List.of(Duration.ofMillis(20), Duration.ofMillis(700))) {
            LostCommits lost = new LostCommits(
                    bench,
                    "counter",
                    NAME + late.toMillis(),
                    Fate.applyLate(late).givenUpAfter(late));
            Counter counter = lost.node().sereno().counter(lost.name());
            Counter theirs = lost.other().sereno().counter(lost.name());
            lost.node().run("add 1000", () -> counter.addAndGet(1_000));
            // Every copy that is sent before the deletion arrives after the deletion.
            Runnable heal = lost.all();
            Calling<Long> adding = lost.node().calls("add 1", () -> counter.addAndGet(1));
            if (!bench.reach(() -> lost.met() > 0, bench.patience())) {
                throw bench.unknown("no commit was sent");
            }
            heal.run();
            lost.other().run("delete", theirs::delete);
            adding.end(LONG);
            bench.pass(late.plusMillis(300));
            long value = lost.other().result("get", theirs::get);
            bench.verify(
                    value < 1_000,
                    () -> "a counter of 1000 was deleted while an addition of 1 was on its way, and is " + value
                            + " now");
            lost.end();
        }
    }

    @Rule(value = "CTR-8", waits = true, check = "how delete() reports commits that were not answered")
    void aDeletionThatMayComeLateIsNotReportedAsNotApplied(Bench bench) {
        Duration timeout = bench.kit().operationTimeout();
        LostCommits lost = new LostCommits(
                bench, "counter", NAME, Fate.applyLate(timeout.plusSeconds(1)).givenUpAfter(timeout));
        Counter counter = lost.node().sereno().counter(NAME);
        lost.node().run("add 1000", () -> counter.addAndGet(1_000));
        Runnable heal = lost.all();
        CallResult<Boolean> ended = lost.node().acts("delete", counter::delete).end(LONG);
        heal.run();
        bench.verify(
                !ended.isOpen() && !ended.succeeded(),
                () -> "no commit of a deletion was answered, and it ended as " + ended);
        bench.pass(timeout.plusSeconds(1));
        long value = lost.other().result("get", lost.other().sereno().counter(NAME)::get);
        bench.verify(
                value == 1_000 || !(ended.thrown() instanceof NotAppliedException),
                () -> "delete() ended as " + ended + ", and later the counter of 1000 is " + value);
        lost.end();
    }

    @Rule(value = "CTR-8", waits = true, check = "OUT-3: what a deletion that is sent again is conditioned on")
    void aDeletionDoesNotDeleteWhatWasMadeSince(Bench bench) {
        List<Fate> fates = List.of(
                Fate.loseReply().givenUpAfter(Duration.ofMillis(200)),
                Fate.loseRequest().givenUpAfter(Duration.ofMillis(50)),
                Fate.applyLate(Duration.ofMillis(20)).givenUpAfter(Duration.ofMillis(200)),
                Fate.delayReply(Duration.ofMillis(200)));
        LostCommits.each(bench, "counter", NAME, fates, lost -> {
            Counter counter = lost.node().sereno().counter(lost.name());
            Counter theirs = lost.other().sereno().counter(lost.name());
            lost.other().run("add 1000", () -> theirs.addAndGet(1_000));
            lost.next();
            Calling<Boolean> deleting = lost.node().acts("delete", counter::delete);
            Client judge = bench.judge();
            if (!bench.reach(() -> judge.all("counter/" + lost.name()).isEmpty(), bench.patience())) {
                throw bench.unknown("the counter was not deleted");
            }
            lost.other().run("add 7", () -> theirs.addAndGet(7));
            CallResult<Boolean> ended = deleting.end(LONG);
            bench.pass(Duration.ofSeconds(1));
            long value = lost.other().result("get", theirs::get);
            bench.verify(
                    value == 7,
                    () -> "a counter was deleted, and another client added 7 before delete() ended as " + ended
                            + "; then the counter is " + value + "; " + lost);
        });
    }
}
