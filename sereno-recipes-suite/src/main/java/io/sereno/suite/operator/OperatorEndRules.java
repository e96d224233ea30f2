package io.sereno.suite.operator;

import io.sereno.Grant;
import io.sereno.NotAppliedException;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.Release;
import io.sereno.operator.Release.Result;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.properties.Grants;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/** How operators take a right away. */
public class OperatorEndRules {
    private static final String NAME = "close-month";
    private static final String AUDIT = "@sereno-operator/topic/audit";
    private static final String REASON = "INC-42: hung since midnight";
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "OPR-1", waits = true, check = "LEA-2: when an entry goes whose session was ended")
    void aHolderThatIsCutOffIsNotHeldWhenTheNextIsGranted(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node holder = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        Node hand = Node.in(bench);
        Grant held =
                holder.calls("acquire", holder.sereno().mutex(NAME)::acquire).result(LONG);
        Calling<Boolean> wasHeld = next.calls("acquire", () -> {
            Grant grant = next.sereno().mutex(NAME).acquire();
            boolean both = held.isHeld();
            grant.release();
            return both;
        });
        Queues.ofLock(bench, NAME).await(bench, 2);
        Operator operator = hand.sereno().operator();
        Seat seat = OperatorViewRules.first(hand, operator);
        holder.faults().cutOff();
        Release release = hand.calls("end", () -> operator.end(seat, REASON)).result(LONG);
        bench.same("the result of end()", Result.RELEASED, release.result());
        bench.same("isHeld() of a holder that was ended, when the next was granted", false, wasHeld.result(LONG));
        holder.faults().heal();
    }

    @Rule(value = "OPR-8", waits = true, check = "LEA-3: when an entry goes whose session was ended")
    void theSeatIsGoneWhenItIsReportedAsReleased(Bench bench) {
        Node holder = Node.breakable(bench, Node.brief(bench)).awaitSession();
        Node hand = Node.in(bench);
        holder.calls("acquire", holder.sereno().mutex(NAME)::acquire).result(LONG);
        Operator operator = hand.sereno().operator();
        Seat seat = OperatorViewRules.first(hand, operator);
        holder.faults().cutOff();
        Release release = hand.calls("end", () -> operator.end(seat, REASON)).result(LONG);
        Queues queue = Queues.ofLock(bench, NAME);
        bench.same("the result of end()", Result.RELEASED, release.result());
        bench.verify(
                queue.live().isEmpty(), () -> "end() reported RELEASED, and the seat is there: " + queue.describe());
        Release again = hand.calls("end", () -> operator.end(seat, REASON)).result(LONG);
        bench.same("the result of a second end()", Result.GONE, again.result());
        holder.faults().heal();
    }

    @Rule(value = "OPR-1", waits = true, check = "whether a holder that runs is notified that its session was ended")
    void aHolderThatRunsStopsAtOnce(Bench bench) {
        Node holder = Node.in(bench).awaitSession();
        Node hand = Node.in(bench);
        Grants property = new Grants();
        Grant held =
                holder.calls("acquire", holder.sereno().mutex(NAME)::acquire).result(LONG);
        property.granted(held, () -> true);
        Operator operator = hand.sereno().operator();
        Seat seat = OperatorViewRules.first(hand, operator);
        long from = bench.now();
        Release release = hand.calls("end", () -> operator.end(seat, REASON)).result(LONG);
        bench.within(
                bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the end of the seat of a holder that runs");
        bench.same("the result of end()", Result.RELEASED, release.result());
        bench.same("isHeld() of a holder that was ended", false, held.isHeld());
        Grant again = hand.calls("acquire", hand.sereno().mutex(NAME)::acquire).result(LONG);
        property.granted(again, () -> true);
        bench.right(property.wrong());
        hand.run("release", again::release);
    }

    @Rule(value = "OPR-2", waits = true, check = "whether the createRevision of a seat is compared")
    void anotherSeatAndAnotherSessionAreLeftAlone(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node hand = Node.in(bench);
        Operator operator = hand.sereno().operator();
        Grant held = first.calls("acquire", first.sereno().mutex(NAME)::acquire).result(LONG);
        Seat seen = OperatorViewRules.first(hand, operator);
        first.run("release", held::release);
        Grant other =
                second.calls("acquire", second.sereno().mutex(NAME)::acquire).result(LONG);
        bench.same(
                "the result of end() after a hand-over",
                Result.GONE,
                hand.calls("end", () -> operator.end(seen, REASON)).result(LONG).result());
        bench.same(
                "the result of endNow() after a hand-over",
                Result.GONE,
                hand.calls("endNow", () -> operator.endNow(seen, REASON))
                        .result(LONG)
                        .result());
        Seat now = OperatorViewRules.first(hand, operator);
        Seat earlier = like(now, now.entry(), now.createRevision() - 1, now.resource());
        bench.same(
                "the result of end() for an earlier seat of that name",
                Result.CHANGED,
                hand.calls("end", () -> operator.end(earlier, REASON))
                        .result(LONG)
                        .result());
        bench.same(
                "the result of endNow() for an earlier seat of that name",
                Result.CHANGED,
                hand.calls("endNow", () -> operator.endNow(earlier, REASON))
                        .result(LONG)
                        .result());
        bench.same("isHeld() of a holder that nobody ended", true, other.isHeld());
        bench.same(
                "the seat of a holder that nobody ended",
                List.of(now.createRevision()),
                Queues.ofLock(bench, NAME).live().stream()
                        .map(Entry::createRevision)
                        .toList());
        bench.same(
                "the result of endNow()",
                Result.RELEASED,
                hand.calls("endNow", () -> operator.endNow(now, REASON))
                        .result(LONG)
                        .result());
        bench.same(
                "the queue after endNow()", 0, Queues.ofLock(bench, NAME).live().size());
    }

    @Rule(value = "OPR-3", waits = true, check = "which entries an operator may delete")
    void whatIsNoSeatStays(Bench bench) {
        Node node = Node.in(bench);
        Operator operator = node.sereno().operator();
        node.result("incrementAndGet", node.sereno().counter("visits")::incrementAndGet);
        node.calls("acquire", node.sereno().mutex(NAME)::acquire).result(LONG);
        Seat seat = OperatorViewRules.first(node, operator);
        String directory = "lock/" + NAME;
        bench.judge().put(directory, "limit", "sereno/2 something\n");
        bench.judge().put(directory, "3kd82jD0aXq-4", "sereno/1 withdrawn\n");
        for (Entry entry : bench.judge().all("counter/visits")) {
            refused(
                    bench,
                    node,
                    like(seat, entry.name(), entry.createRevision(), new Resource(Kind.COUNTER, "visits")));
        }
        for (Entry entry : bench.judge().all(directory)) {
            if (!Queues.isPlace(entry.name())) {
                refused(bench, node, like(seat, entry.name(), entry.createRevision(), seat.resource()));
            } else if (entry.createRevision() != seat.createRevision()) {
                Seat withdrawn = new Seat(
                        seat.resource(),
                        entry.name(),
                        entry.createRevision(),
                        "",
                        0,
                        "",
                        "",
                        seat.since(),
                        true,
                        false,
                        1,
                        seat.firstToken(),
                        true);
                bench.same(
                        "the result of endNow() for a withdrawn entry",
                        Result.CHANGED,
                        node.calls("endNow", () -> operator.endNow(withdrawn, REASON))
                                .result(LONG)
                                .result());
            }
        }
        bench.same(
                "entries of the counter", 2, bench.judge().all("counter/visits").size());
        bench.same("entries of the lock", 3, bench.judge().all(directory).size());
    }

    @Rule(value = "OPR-4", waits = true, check = "whether an intervention waits for its record")
    void nothingIsDoneBeforeTheIntentIsRecorded(Bench bench) {
        Node holder = Node.in(bench);
        Node hand = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Operator operator = hand.sereno().operator();
        Grant held =
                holder.calls("acquire", holder.sereno().mutex(NAME)::acquire).result(LONG);
        Seat seat = OperatorViewRules.first(hand, operator);
        Runnable heal = hand.script().each(Request.commitsTo(AUDIT), Fate.refuse());
        for (Calling<Release> each : List.of(
                hand.calls("end", () -> operator.end(seat, REASON)),
                hand.calls("endNow", () -> operator.endNow(seat, REASON)))) {
            bench.verify(
                    each.end(LONG).thrown() instanceof NotAppliedException,
                    () -> each + " ended as " + each.end(LONG) + " although the audit took no record");
        }
        bench.same("isHeld() of the holder", true, held.isHeld());
        bench.same("seats", 1, Queues.ofLock(bench, NAME).live().size());
        heal.run();
        bench.same(
                "the result of end()",
                Result.RELEASED,
                hand.calls("end", () -> operator.end(seat, REASON)).result(LONG).result());
        String audit = bench.judge().all(AUDIT).stream()
                .map(entry -> entry.value().toUtf8())
                .reduce("", String::concat);
        List<Predicate<String>> records = List.of(
                text -> text.contains("step intent\naction end\nresource lock/" + NAME + "\n"),
                text -> text.contains("reason INC-42:%20hung%20since%20midnight\n"),
                text -> text.contains("step act\n"),
                text -> text.contains("step outcome\nresult RELEASED\n"));
        records.forEach(record -> bench.verify(record.test(audit), () -> "the audit topic lacks a record: " + audit));
    }

    private static void refused(Bench bench, Node node, Seat none) {
        Operator operator = node.sereno().operator();
        for (Calling<Release> each : List.of(
                node.calls("end", () -> operator.end(none, REASON)),
                node.calls("endNow", () -> operator.endNow(none, REASON)))) {
            bench.verify(
                    each.end(LONG).thrown() instanceof IllegalArgumentException,
                    () -> each + " for " + none + " ended as " + each.end(LONG));
        }
    }

    private static Seat like(Seat seat, String entry, long createRevision, Resource resource) {
        return new Seat(
                resource,
                entry,
                createRevision,
                seat.session(),
                seat.sessionRevision(),
                seat.nodeId(),
                seat.host(),
                seat.since(),
                seat.holds(),
                seat.shared(),
                seat.weight(),
                seat.firstToken(),
                seat.foreign());
    }
}
