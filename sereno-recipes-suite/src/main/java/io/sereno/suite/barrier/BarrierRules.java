package io.sereno.suite.barrier;

import io.sereno.Barrier;
import io.sereno.BarrierView;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;

/** The barrier. */
public class BarrierRules {
    private static final String NAME = "phase";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration A_MOMENT = Duration.ofMillis(300);

    @Rule(value = "BAR-1", waits = true, check = "COM-1: the conditions of the commit that decides who has crossed")
    void partiesCrossTogetherOrNotAtAll(Bench bench) {
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        for (int round = 1; round <= 3; round++) {
            Calling<Boolean> first = arrives(nodes.get(0), "a", 3);
            queue(bench).await(bench, 1);
            Calling<Boolean> second = arrives(nodes.get(1), "b", 3);
            queue(bench).await(bench, 2);
            bench.pass(A_MOMENT);
            bench.verify(
                    !first.isDone() && !second.isDone(),
                    () -> "two have arrived of three, and a call has returned: " + first + ", " + second);
            Calling<Boolean> third = arrives(nodes.get(2), "c", 3);
            for (Calling<Boolean> each : List.of(first, second, third)) {
                bench.same("whether " + each + " has crossed", true, each.result(LONG));
            }
            bench.same("crossings", (long) round, view(nodes.get(0)).crossings());
            queue(bench).await(bench, 0);
        }
    }

    @Rule(value = "BAR-1", waits = true, check = "whether a call that gave up can be counted afterwards")
    void whoGivesUpIsInNoCrossing(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        bench.same("await() alone", false, await(first, "a", A_MOMENT));
        bench.same("await() when the other has given up", false, await(second, "b", Duration.ZERO));
        Calling<Boolean> interrupted = arrives(first, "c", 2);
        queue(bench).await(bench, 1);
        bench.reach(interrupted::isParked, LONG);
        interrupted.interrupt();
        CallResult<Boolean> end = interrupted.end(LONG);
        bench.verify(
                end.thrown() instanceof InterruptedException,
                () -> "a call that was interrupted ended as " + end + "; InterruptedException is expected");
        bench.same("await() when the other was interrupted", false, await(second, "b", Duration.ZERO));
        bench.same("crossings", 0L, view(first).crossings());
        bench.same("places left", List.of(), queue(bench).live());
    }

    /** It hears nothing of the crossing, and finds out when it is withdrawn. */
    @Rule(value = "BAR-1", waits = true, check = "COM-3: the condition under which a place is withdrawn")
    void aPartyThatHasNotHeardOfItsCrossingIsNotToldThatItHasNotCrossed(Bench bench) {
        Node deaf = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        deaf.script().each(request -> request instanceof Request.OpenWatch, Fate.delayRequest(Duration.ofHours(1)));
        Calling<Boolean> first = deaf.calls("await", () -> barrier(deaf, 2).await("a", Duration.ofSeconds(2)));
        queue(bench).await(bench, 1);
        bench.pass(A_MOMENT); // Until it has looked.
        bench.same("await() of the last party", true, arrives(other, "b", 2).result(LONG));
        bench.same("await() of a party that has not heard of its crossing", true, first.result(LONG));
    }

    /** The crossing is on its way to the store when one of its parties is withdrawn. */
    @Rule(value = "BAR-1", waits = true, check = "COM-1 and COM-3: the conditions under which a crossing is stored")
    void aPartyThatIsWithdrawnMeanwhileIsNotCrossedWith(Bench bench) {
        isWithdrawnMeanwhile(bench, 2);
    }

    /** The commit of their crossing cannot have a condition for each of them. */
    @Rule(
            value = "BAR-1",
            waits = true,
            check = "COM-1 and COM-3: the conditions under which a crossing of many is stored")
    void oneOfManyThatIsWithdrawnMeanwhileIsNotCrossedWith(Bench bench) {
        isWithdrawnMeanwhile(bench, 40);
    }

    private static void isWithdrawnMeanwhile(Bench bench, int parties) {
        Node first = Node.in(bench);
        Node slow = Node.scripted(bench, Node.steady(bench)).awaitSession();
        for (int i = 2; i < parties; i++) {
            arrives(first, "stays-" + i, parties);
        }
        queue(bench).await(bench, parties - 2);
        Calling<Boolean> leaving = arrives(first, "a", parties);
        queue(bench).await(bench, parties - 1);
        bench.reach(leaving::isParked, LONG);
        BarrierFaultRules.Struck crossing = BarrierFaultRules.crosses(NAME);
        slow.script().next(crossing, Fate.delayRequest(Duration.ofSeconds(2)));
        Calling<Boolean> last = slow.calls("await", () -> barrier(slow, parties).await("b", Duration.ofSeconds(4)));
        bench.verify(bench.reach(crossing::isMet, LONG), () -> last + " did not try to cross");
        leaving.interrupt();
        CallResult<Boolean> end = leaving.end(LONG);
        bench.verify(
                end.thrown() instanceof InterruptedException,
                () -> "a call that was interrupted before a crossing was stored ended as " + end);
        bench.same("await() of the party that came last", false, last.result(LONG));
        bench.same("crossings", 0L, view(first).crossings());
    }

    @Rule(value = "BAR-2", waits = true, check = "whether a party that has gone is still looked at")
    void aClientThatHasClosedIsNotCrossedWith(Bench bench) {
        Node closing = Node.in(bench);
        Node other = Node.in(bench);
        Calling<Boolean> first = arrives(closing, "a", 2);
        queue(bench).await(bench, 1);
        closing.run("close", closing.sereno()::close);
        bench.verify(first.end(LONG).thrown() != null, () -> "a call ended as " + first.end(LONG) + " by a close");
        queue(bench).await(bench, 0);
        bench.same("await() when the other has closed", false, await(other, "b", A_MOMENT));
    }

    @Rule(value = "BAR-2", waits = true, check = "whether two places of one party count as two parties")
    void aPartyThatArrivesAgainCountsOnce(Bench bench) {
        Node former = Node.in(bench);
        Node restarted = Node.in(bench);
        Calling<Boolean> first = arrives(former, "a", 2);
        queue(bench).await(bench, 1);
        bench.same("await() of the same party again", false, await(restarted, "a", A_MOMENT));
        bench.same("crossings of one party", 0L, view(restarted).crossings());
        bench.verify(!first.isDone() || !first.end(LONG).succeeded(), () -> "a party alone has crossed: " + first);
    }

    /** The first two cross only when the third one has come, whose client is slow to store it. */
    @Rule(
            value = "BAR-3",
            waits = true,
            check = "READ-3a and COM-6: the order in which places are put, and whether a read shows all")
    void whoIsBeyondTheNumberWaitsForTheNextCrossing(Bench bench) {
        Node first = Node.in(bench);
        Node slow = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node third = Node.in(bench);
        Calling<Boolean> a = arrives(first, "a", 2);
        queue(bench).await(bench, 1);
        BarrierFaultRules.Struck crossing = BarrierFaultRules.crosses(NAME);
        Duration pause = Duration.ofSeconds(1);
        slow.script().next(crossing, Fate.loseRequest().givenUpAfter(pause));
        Calling<Boolean> b = arrives(slow, "b", 2);
        bench.verify(bench.reach(crossing::isMet, LONG), () -> b + " did not try to cross");
        Calling<Boolean> c = arrives(third, "c", 2);
        queue(bench).await(bench, 3);
        bench.same("whether " + a + " has crossed", true, a.result(LONG));
        bench.same("whether " + b + " has crossed", true, b.result(LONG));
        bench.pass(A_MOMENT);
        bench.verify(!c.isDone(), () -> "a third party of two has not waited for the next crossing: " + c);
        Calling<Boolean> d = arrives(first, "d", 2);
        bench.same("whether " + c + " has crossed", true, c.result(LONG));
        bench.same("whether " + d + " has crossed", true, d.result(LONG));
        bench.same("crossings", 2L, view(first).crossings());
    }

    @Rule(value = "BAR-3", waits = true, check = "WAT-1: whether the parties are notified of their crossing")
    void partiesCrossAsSoonAsTheLastOneHasArrived(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        for (int round = 0; round < 3; round++) {
            Calling<Boolean> waiting = arrives(first, "a", 2);
            queue(bench).await(bench, 1);
            bench.pass(A_MOMENT);
            long from = bench.now();
            bench.same(
                    "whether the last party has crossed",
                    true,
                    arrives(second, "b", 2).result(LONG));
            bench.same("whether the first party has crossed", true, waiting.result(LONG));
            bench.within(bench.afterNotice(soon(bench)), from, "the crossing when the last party had arrived");
        }
    }

    @Rule(
            value = "BAR-3",
            waits = true,
            check = "WAT-1: whether a party behind is notified when one in front of it is withdrawn")
    void aPartyBehindCrossesAsSoonAsOneInFrontIsWithdrawn(Bench bench) {
        Node first = Node.in(bench);
        Node stuck = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node third = Node.in(bench);
        Calling<Boolean> a = arrives(first, "a", 2);
        queue(bench).await(bench, 1);
        Runnable heal = stuck.script().each(BarrierFaultRules.crosses(NAME), Fate.refuse());
        Calling<Boolean> b = arrives(stuck, "b", 2);
        queue(bench).await(bench, 2);
        Calling<Boolean> c = arrives(third, "c", 2);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT); // Until it has looked.
        bench.verify(!c.isDone(), () -> "a third party of two has crossed while two wait in front of it: " + c);
        b.interrupt();
        CallResult<Boolean> end = b.end(LONG);
        long from = bench.now();
        bench.verify(end.thrown() instanceof InterruptedException, () -> "a call that was interrupted ended as " + end);
        bench.same("whether " + a + " has crossed", true, a.result(LONG));
        bench.same("whether " + c + " has crossed", true, c.result(LONG));
        // One notice to the party behind, and one to the first.
        bench.within(
                bench.afterNotice(bench.afterNotice(soon(bench))), from, "the crossing when a party was withdrawn");
        heal.run();
    }

    private static Duration soon(Bench bench) {
        return Node.steady(bench).dividedBy(4);
    }

    static Barrier barrier(Node node, int parties) {
        return node.sereno().barrier(NAME, parties);
    }

    private static Calling<Boolean> arrives(Node node, String party, int parties) {
        return node.calls("await of " + party, () -> {
            barrier(node, parties).await(party);
            return true;
        });
    }

    private static boolean await(Node node, String party, Duration timeout) {
        return node.result("await of " + party, () -> barrier(node, 2).await(party, timeout));
    }

    private static BarrierView view(Node node) {
        return node.result("inspect", barrier(node, 2)::inspect);
    }

    private static Queues queue(Bench bench) {
        return new Queues(bench.judge(), "barrier/" + NAME);
    }
}
