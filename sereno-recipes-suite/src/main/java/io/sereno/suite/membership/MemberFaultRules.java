package io.sereno.suite.membership;

import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Membership;
import io.sereno.Membership.IfPresent;
import io.sereno.OutcomeUnknownException;
import io.sereno.Subscription;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Write;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Membership, while connections break and members die. */
public class MemberFaultRules {
    private static final String GROUP = "group";
    private static final String DIRECTORY = "member/" + GROUP;
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "MEM-3", waits = true, check = "LEA-3a: whether the entry of a member that died goes with its lease")
    void aDeadMemberIsGoneInTime(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node dying = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        dying.result("join", () -> dying.sereno().membership(GROUP).join("one", ttl));
        dying.faults().cutOff();
        long from = bench.now();
        while (MemberRules.ids(other).contains("one")) {
            bench.within(Node.gone(bench, ttl).plus(TRIPS), from, "the removal of a dead member");
            bench.pass(Duration.ofMillis(50));
        }
        bench.verify(
                bench.since(from).compareTo(ttl.dividedBy(2)) > 0,
                () -> "a member was dropped " + Bench.text(bench.since(from)) + " after its last renewal; its ttl is "
                        + ttl);
        dying.faults().heal();
    }

    @Rule(
            value = "MEM-4",
            waits = true,
            check = "OUT-3: whether a put of a fixed name can be applied when it was called off")
    void aJoinThatIsAppliedLateListsNoMember(Bench bench) {
        for (Duration late : List.of(Duration.ZERO, Duration.ofMillis(30), Duration.ofMillis(700))) {
            aJoinThatIsAppliedLate(bench, late, false);
            aJoinThatIsAppliedLate(bench, late, true);
        }
    }

    /** The id is free when the late copy arrives, or another member has it. */
    private static void aJoinThatIsAppliedLate(Bench bench, Duration late, boolean taken) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        AtomicInteger met = new AtomicInteger();
        node.script().next(request -> lists(request) && met.incrementAndGet() > 0, Fate.applyLate(late));
        CallResult<KeepAlive> joined = node.calls("join", () -> MemberRules.join(bench, node, "one", IfPresent.FAIL))
                .end(LONG);
        if (joined.succeeded()) {
            bench.same("the members after join()", List.of("one"), MemberRules.ids(other));
            node.run("close", joined.result()::close);
        } else {
            bench.verify(
                    joined.thrown() instanceof OutcomeUnknownException,
                    () -> "a join() whose commit was applied late ended as " + joined);
        }
        if (!taken) {
            bench.pass(late.plusMillis(300));
            bench.same("the members after all have left", List.of(), MemberRules.ids(other));
        }
        KeepAlive theirs = other.result("join", () -> MemberRules.join(bench, other, "one", IfPresent.WAIT));
        if (taken) {
            List<Long> revisions = MemberRules.revisions(bench);
            bench.pass(late.plusMillis(300));
            bench.same("revisions of the entry after the late copy", revisions, MemberRules.revisions(bench));
        }
        MemberRaceRules.requireListed(bench, other, theirs);
        other.run("close", theirs::close);
        bench.same("the members when all have left", List.of(), MemberRules.ids(other));
        bench.evidence("joins of unknown outcome", met.get(), 1);
        node.run("close", node.sereno()::close);
    }

    private static boolean lists(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().directory().equals(DIRECTORY)
                && commit.commit().writes().stream()
                        .anyMatch(write ->
                                write instanceof Write.Put && write.name().startsWith("m-"));
    }

    @Rule(value = "MEM-5a", waits = true, check = "whether a lost member is listed again with its latest metadata")
    void aLostMemberIsListedAgain(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.breakable(bench, ttl).awaitSession();
        Node other = Node.in(bench);
        KeepAlive member = node.result(
                "join", () -> node.sereno().membership(GROUP).join("one", ttl, Map.of("version", "1"), IfPresent.FAIL));
        long first = member.incarnation();
        // Removed by an operator.
        MemberRaceRules.remove(bench);
        requireAgain(bench, other, member, first, "1");
        long second = member.incarnation();
        // Lost with its session; the wanted data changes meanwhile.
        node.faults().cutOff();
        bench.pass(Node.gone(bench, ttl).plusSeconds(1));
        node.run("update", () -> member.update(Map.of("version", "2")));
        node.faults().heal();
        requireAgain(bench, other, member, second, "2");
    }

    private static void requireAgain(Bench bench, Node other, KeepAlive member, long former, String version) {
        long from = bench.now();
        while (true) {
            List<Member> listed = MemberRules.members(other);
            if (!listed.isEmpty() && listed.get(0).incarnation() > former) {
                bench.same(
                        "the metadata of a member that is listed again",
                        Map.of("version", version),
                        listed.get(0).metadata());
                bench.verify(
                        bench.reach(() -> member.state() == KeepAlive.State.LISTED, LONG),
                        () -> "a member is listed again, and its handle reports " + member.state());
                bench.same("the incarnation of the handle", listed.get(0).incarnation(), member.incarnation());
                return;
            }
            bench.within(
                    bench.guarantees()
                            .recovery()
                            .plus(Node.brief(bench).multipliedBy(2))
                            .plusSeconds(5),
                    from,
                    "that a lost member is listed again (it is " + member.state() + ")");
            bench.pass(Duration.ofMillis(50));
        }
    }

    @Rule(value = "MEM-6", waits = true, check = "OUT-3: whether a write of a former description can come late")
    void anOlderDescriptionNeverComesAfterANewerOne(Bench bench) {
        for (Duration late : List.of(Duration.ofMillis(10), Duration.ofMillis(600))) {
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            Membership group = node.sereno().membership(GROUP);
            String id = "late-" + late.toMillis();
            KeepAlive member = node.result("join", () -> group.join(id, Node.steady(bench)));
            AtomicInteger met = new AtomicInteger();
            node.script().next(request -> lists(request) && met.incrementAndGet() > 0, Fate.applyLate(late));
            node.run("update 1", () -> member.update(Map.of("version", "1")));
            bench.verify(bench.reach(() -> met.get() > 0, LONG), () -> "update 1 sent no request");
            node.run("update 2", () -> member.update(Map.of("version", "2")));
            MemberRules.Received updates = new MemberRules.Received(bench);
            Subscription listening = other.result(
                    "onChange", () -> other.sereno().membership(GROUP).onChange(updates));
            bench.verify(
                    bench.reach(() -> updates.lastVersion().equals("2"), LONG),
                    () -> "version 2 was set, and a listener received " + updates);
            other.run("close", listening::close);
            List<Long> revisions = MemberRules.revisions(bench);
            for (int i = 0; i < 10; i++) {
                bench.same(
                        "the metadata after update 2",
                        Map.of("version", "2"),
                        MemberRules.members(other).stream()
                                .filter(one -> one.id().equals(id))
                                .map(Member::metadata)
                                .findFirst()
                                .orElse(Map.of()));
                bench.same("revisions of the entry after update 2", revisions, MemberRules.revisions(bench));
                bench.pass(late.dividedBy(5));
            }
            bench.evidence("updates that came late", met.get(), 1);
            node.run("close", member::close);
        }
    }

    @Rule(
            value = "MEM-7",
            waits = true,
            check = "WAT-8: whether members that came and went during a break are reported as joined and left in pairs")
    void everyIncarnationJoinsAndLeavesOnceOverABreak(Bench bench) {
        Node watching = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node node = Node.in(bench);
        MemberRules.Received received = new MemberRules.Received(bench);
        watching.result("onChange", () -> watching.sereno().membership(GROUP).onChange(received));
        for (int i = 1; i <= 3; i++) {
            int round = i;
            KeepAlive member = node.result("join", () -> MemberRules.join(bench, node, "one", IfPresent.WAIT));
            bench.verify(
                    bench.reach(() -> received.count("+") >= round, LONG),
                    () -> "a member joined, and the listener received " + received);
            watching.faults().breakConnections();
            node.run("close", member::close);
            watching.faults().heal();
            bench.verify(
                    bench.reach(() -> received.count("-") >= round, LONG),
                    () -> "a member left while a connection broke, and the listener received " + received);
        }
        KeepAlive former = node.result("join", () -> MemberRules.join(bench, node, "one", IfPresent.WAIT));
        bench.verify(
                bench.reach(() -> received.count("+") >= 4, LONG),
                () -> "a member joined, and the listener received " + received);
        watching.faults().cutOff();
        node.run("close", former::close);
        KeepAlive next = node.result("join", () -> MemberRules.join(bench, node, "one", IfPresent.WAIT));
        watching.faults().heal();
        bench.verify(
                bench.reach(() -> received.count("-") >= 4 && received.count("+") >= 5, LONG),
                () -> "a member left and joined again while a connection broke, and the listener received " + received);
        node.run("close", next::close);
        bench.verify(
                bench.reach(() -> received.count("-") >= 5, LONG),
                () -> "a member left, and the listener received " + received);
        received.requirePairs();
    }

    @Rule(value = "MEM-8", waits = true, check = "LEA-2, and what extends the belief of a session")
    void aMemberThatIsCutOffDoesNotSayThatItIsListed(Bench bench) {
        Duration ttl = Node.brief(bench).multipliedBy(2);
        long created = bench.now();
        Node node = Node.breakable(bench, ttl).awaitSession();
        KeepAlive member =
                node.result("join", () -> node.sereno().membership(GROUP).join("one", ttl));
        node.faults().cutOff();
        long cut = bench.now();
        // Its lease was granted between the two.
        long earliest = created + ttl.minus(Node.margin(ttl)).toNanos();
        long deadline = cut + ttl.minus(Node.margin(ttl)).toNanos();
        int suspended = 0;
        while (bench.now() - deadline < ttl.dividedBy(4).toNanos()) {
            long before = bench.now();
            KeepAlive.State state = member.state();
            bench.verify(
                    before - deadline <= 0 || state == KeepAlive.State.LOST,
                    () -> "a member was cut off " + Bench.text(Duration.ofNanos(before - cut))
                            + " ago, and reports that it is " + state + "; its ttl is " + ttl);
            bench.verify(
                    bench.now() - earliest >= 0 || state != KeepAlive.State.LOST,
                    () -> "a member was cut off " + Bench.text(bench.since(cut)) + " ago, and reports that it is lost");
            suspended += state == KeepAlive.State.SUSPENDED ? 1 : 0;
            bench.pass(Duration.ofMillis(10));
        }
        if (suspended == 0) {
            bench.unlessStoodStill(cut, "a member was checked too seldom");
        }
        bench.verify(suspended > 0, () -> "a member was cut off, and never reported SUSPENDED before it was lost");
        bench.count("checks at which it was SUSPENDED", suspended);
        node.faults().heal();
    }

    @Rule(value = "MEM-9", waits = true, check = "LEA-3a: how long the entry of a process that died lasts")
    void aProcessThatRestartsQuicklyGetsItsIdBack(Bench bench) {
        Duration ttl = Node.brief(bench).multipliedBy(2);
        Node dying = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node next = Node.in(bench);
        dying.result("join", () -> dying.sereno().membership(GROUP).join("one", ttl));
        dying.faults().cutOff();
        long from = bench.now();
        // The new member asks for a shorter session than the one that died had.
        KeepAlive again = next.calls(
                        "join", () -> next.sereno().membership(GROUP).join("one", Node.brief(bench)))
                .result(LONG);
        bench.within(
                Node.gone(bench, ttl).plus(bench.kit().operationTimeout().multipliedBy(2)),
                from,
                "join() behind a predecessor that died");
        MemberRules.requireListed(bench, again, "the state of the member that got the id back");
        next.run("close", again::close);
        dying.faults().heal();
    }
}
