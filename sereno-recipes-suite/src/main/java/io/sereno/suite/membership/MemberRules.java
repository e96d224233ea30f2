package io.sereno.suite.membership;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.Membership.IfPresent;
import io.sereno.MembershipListener;
import io.sereno.Subscription;
import io.sereno.properties.Attendance;
import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Membership, on a store without faults. */
public class MemberRules {
    private static final String GROUP = "group";

    private static final Duration LONG = Duration.ofSeconds(40);

    /** Eventually: while a renewal is not answered, a member is SUSPENDED for a while. */
    static void requireListed(Bench bench, KeepAlive member, String what) {
        bench.verify(
                bench.reach(() -> member.state() == KeepAlive.State.LISTED, LONG),
                () -> what + " is " + member.state() + " after " + Bench.text(LONG) + ", and has to be LISTED");
    }

    static KeepAlive join(Bench bench, Node node, String id, IfPresent ifPresent) throws InterruptedException {
        return node.sereno().membership(GROUP).join(id, Node.steady(bench), Map.of("node", node.name()), ifPresent);
    }

    static List<String> ids(Node node) {
        return members(node).stream().map(Member::id).toList();
    }

    /** A member puts its metadata again when it finds other metadata: only the revision shows that they were overwritten for a moment. */
    static List<Long> revisions(Bench bench) {
        return bench.judge().all("member/" + GROUP).stream()
                .filter(entry -> entry.name().startsWith("m-"))
                .map(Entry::modRevision)
                .toList();
    }

    static List<Member> members(Node node) {
        return node.result("members", node.sereno().membership(GROUP)::members).list();
    }

    @Rule(value = "MEM-2", waits = true, check = "READ-1: whether a read may be behind")
    void aJoinedMemberIsInEveryRead(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        for (int i = 0; i < 8; i++) {
            KeepAlive member = node.result("join", () -> join(bench, node, "one", IfPresent.FAIL));
            bench.same("the members that another client sees after join()", List.of("one"), ids(other));
            requireListed(bench, member, "the state of the handle");
            node.run("close", member::close);
            bench.same("the members that another client sees after close()", List.of(), ids(other));
            bench.same("the state of the handle", KeepAlive.State.CLOSED, member.state());
        }
        Duration ttl = Node.brief(bench);
        List<String> all = new ArrayList<>();
        List<KeepAlive> members = new ArrayList<>();
        for (int i = 10; i < 35; i++) {
            String id = "member-" + i;
            all.add(id);
            members.add(
                    node.result("join", () -> node.sereno().membership(GROUP).join(id, ttl)));
        }
        List<Member> joined = members(other);
        bench.same(
                "the members after all joined",
                all,
                joined.stream().map(Member::id).toList());
        long from = bench.now();
        bench.pass(Node.gone(bench, ttl).plus(ttl));
        List<Member> seen = members(other);
        requireNoStall(bench, from, seen.equals(joined));
        bench.same("the members, more than a ttl later", joined, seen);
        members.forEach(member -> requireListed(bench, member, "the state of a member"));
    }

    /** If a member was not renewed in time because this machine stood still, there is no verdict. */
    private static void requireNoStall(Bench bench, long from, boolean stands) {
        if (!stands) {
            bench.unlessStoodStill(from, "a member was not renewed in time");
        }
    }

    @Rule(value = "MEM-3", waits = true, check = "LEA-5a: whether entries are deleted when their lease was revoked")
    void aClosedMemberIsGoneAtOnce(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        node.result("join", () -> join(bench, node, "one", IfPresent.FAIL));
        node.result(
                "join with a ttl of its own",
                () -> node.sereno()
                        .membership(GROUP)
                        .join("two", Node.steady(bench).minusSeconds(1)));
        bench.same("the members", List.of("one", "two"), ids(other));
        KeepAlive third = node.result("join", () -> join(bench, node, "three", IfPresent.FAIL));
        bench.same("the members", List.of("one", "three", "two"), ids(other));
        node.run("close", third::close);
        bench.same("the members after one has closed", List.of("one", "two"), ids(other));
        node.run("close of the client", node.sereno()::close);
        bench.same("the members after their client was closed", List.of(), ids(other));
    }

    @Rule(value = "MEM-6", waits = true, check = "COM-7a: a put on an entry that is there keeps its createRevision")
    void newMetadataReplacesTheOldInPlace(Bench bench) throws Exception {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        KeepAlive member = node.result("join", () -> join(bench, node, "one", IfPresent.FAIL));
        Received received = new Received(bench);
        Subscription listening =
                other.result("onChange", () -> other.sereno().membership(GROUP).onChange(received));
        long incarnation = member.incarnation();
        for (int i = 1; i <= 5; i++) {
            String version = Integer.toString(i);
            node.run("update " + i, () -> member.update(Map.of("version", version)));
            bench.verify(
                    bench.reach(() -> received.lastVersion().equals(version), LONG),
                    () -> "version " + version + " was set, and a listener received " + received);
            Member seen = members(other).get(0);
            bench.same("the metadata after update()", Map.of("version", version), seen.metadata());
            bench.same("the incarnation", incarnation, seen.incarnation());
        }
        node.run("close", member::close);
        bench.verify(
                bench.reach(() -> received.count("-") == 1, LONG),
                () -> "a member left, and the listener received " + received);
        received.requirePairs();
        bench.same("the number of join events", 1L, received.count("+"));
        other.run("close", listening::close);
    }

    /** Records who joins and leaves. */
    static final class Received extends Attendance {
        private final Bench bench;
        private final List<String> events = new ArrayList<>();
        private String version = "";

        Received(Bench bench) {
            this.bench = bench;
        }

        @Override
        public synchronized void joined(Member member, Members members) {
            super.joined(member, members);
            note("+", member);
        }

        @Override
        public synchronized void updated(Member member, Members members) {
            super.updated(member, members);
            note("=", member);
        }

        @Override
        public synchronized void left(Member member, Members members) {
            super.left(member, members);
            note("-", member);
        }

        private void note(String what, Member member) {
            version = member.metadata().getOrDefault("version", version);
            events.add(what + member.id() + "#" + member.incarnation());
            bench.stir();
        }

        synchronized long count(String what) {
            return events.stream().filter(event -> event.startsWith(what)).count();
        }

        /** The member that joined last. */
        synchronized String latest() {
            return events.stream()
                    .filter(event -> event.startsWith("+"))
                    .reduce((before, event) -> event)
                    .orElseThrow()
                    .substring(1);
        }

        synchronized String lastVersion() {
            return version;
        }

        void requirePairs() {
            bench.verify(wrong().isEmpty(), () -> wrong().orElseThrow() + ": " + this);
        }

        @Override
        public synchronized String toString() {
            return events + ", last version " + version;
        }
    }

    @Rule(
            value = "MEM-7",
            waits = true,
            check = "WAT-1 and READ-3: whether a view can miss a member, or report one twice")
    void everyIncarnationJoinsAndLeavesOnce(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Received received = new Received(bench);
        Gate gate = bench.gate();
        AtomicBoolean standsStill = new AtomicBoolean();
        Received stuck = new Received(bench);
        Subscription stuckListening = other.result(
                "onChange",
                () -> other.sereno().membership(GROUP).onChange(new MembershipListener() {
                    @Override
                    public void joined(Member member, Members members) {
                        standsStill.set(true);
                        bench.stir();
                        gate.pass();
                        stuck.joined(member, members);
                        throw new IllegalStateException("thrown by a test");
                    }

                    @Override
                    public void left(Member member, Members members) {
                        stuck.left(member, members);
                    }
                }));
        Subscription listening =
                other.result("onChange", () -> other.sereno().membership(GROUP).onChange(received));
        for (int i = 1; i <= 6; i++) {
            KeepAlive member = node.result("join", () -> join(bench, node, "one", IfPresent.WAIT));
            int round = i;
            bench.verify(
                    bench.reach(() -> received.count("+") == round, LONG),
                    () -> "a member joined for the " + round + ". time, and the listener received " + received
                            + "; another listener is stuck");
            bench.verify(
                    bench.reach(standsStill::get, LONG),
                    () -> "a member joined, and one of two listeners was not called");
            node.run("close", member::close);
            bench.verify(
                    bench.reach(() -> received.count("-") == round, LONG),
                    () -> "a member left for the " + round + ". time, and the listener received " + received);
        }
        received.requirePairs();
        // The blocked listener may have missed any of the joins and leaves meanwhile, but not that another member has
        // the id now.
        KeepAlive last = node.result("join", () -> join(bench, node, "one", IfPresent.WAIT));
        bench.verify(
                bench.reach(() -> received.count("+") == 7, LONG),
                () -> "a member joined, and the listener received " + received);
        String seventh = received.latest();
        gate.open();
        bench.verify(
                bench.reach(() -> stuck.count("+" + seventh) == 1, LONG),
                () -> "a listener blocked while six members had an id one after the other, a seventh has it, and the"
                        + " listener received " + stuck);
        node.run("close", last::close);
        bench.verify(
                bench.reach(() -> stuck.count("-" + seventh) == 1, LONG),
                () -> "a member left, and the listener received " + stuck);
        stuck.requirePairs();
        other.run("close", listening::close);
        other.run("close", stuckListening::close);
    }

    @Rule(value = "MEM-9", waits = true, check = "how long a join waits for the entry of a predecessor")
    void waitingForAPredecessorThatLivesHasAnEnd(Bench bench) {
        Duration ttl = bench.ttl(Node.brief(bench).multipliedBy(2));
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Membership group = node.sereno().membership(GROUP);
        KeepAlive first = node.result("join", () -> group.join("one", ttl));
        long from = bench.now();
        CallResult<KeepAlive> second = other.calls(
                        "join", () -> other.sereno().membership(GROUP).join("one", ttl, Map.of(), IfPresent.WAIT))
                .end(LONG);
        requireNoStall(bench, from, first.state() == KeepAlive.State.LISTED);
        bench.verify(
                second.thrown() instanceof DuplicateMemberException,
                () -> "join() under the id of a member that lives ended as " + second);
        bench.verify(
                bench.since(from).compareTo(ttl) >= 0,
                () -> "join() gave up after " + Bench.text(bench.since(from))
                        + "; the entry of a dead predecessor lasts " + ttl);
        bench.within(
                Node.gone(bench, ttl).plus(bench.kit().operationTimeout().multipliedBy(2)),
                from,
                "join() behind a member that lives");
        requireListed(bench, first, "the state of the first");
        Calling<KeepAlive> waiting =
                other.calls("join", () -> other.sereno().membership(GROUP).join("one", ttl, Map.of(), IfPresent.WAIT));
        bench.pass(Duration.ofMillis(200));
        node.run("close", first::close);
        long freed = bench.now();
        KeepAlive next = waiting.result(LONG);
        bench.within(bench.afterNotice(ttl.dividedBy(2).plusSeconds(1)), freed, "join() once the id is free");
        other.run("close", next::close);
    }

    @Rule(value = "MEM-10", waits = true, check = "COM-4: whether the entry is deleted by its createRevision")
    void aTakeOverRemovesTheMemberThatItFoundAndNotifiesIt(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        KeepAlive first = node.result("join", () -> join(bench, node, "one", IfPresent.FAIL));
        KeepAlive second = other.result("join", () -> join(bench, other, "one", IfPresent.TAKE_OVER));
        long incarnation = second.incarnation();
        bench.verify(
                bench.reach(
                        () -> first.state() == KeepAlive.State.LOST,
                        bench.afterNotice(Node.steady(bench).dividedBy(2))),
                () -> "a member was taken over, and its handle reports " + first.state());
        bench.verify(
                second.incarnation() > first.incarnation(),
                () -> "incarnation " + second.incarnation() + " took over from " + first.incarnation());
        bench.pass(Duration.ofSeconds(1));
        requireListed(bench, second, "the state of the member that took over");
        bench.same("its incarnation", incarnation, second.incarnation());
        bench.same("the member that is listed", Optional.of(incarnation), incarnation(other));
        other.run("close", second::close);
        long from = bench.now();
        bench.verify(
                bench.reach(() -> first.state() == KeepAlive.State.LISTED, LONG),
                () -> "the id is free again, and the removed member is " + first.state());
        bench.within(
                bench.afterNotice(Node.steady(bench).plusSeconds(2)),
                from,
                "listing a removed member again when its id is free");
        node.run("close", first::close);
    }

    private static Optional<Long> incarnation(Node node) {
        return members(node).stream().map(Member::incarnation).findFirst();
    }

    @Rule(value = "MEM-11", waits = true, check = "whether an abandoned join can still succeed")
    void aJoinThatIsInterruptedIsWithdrawn(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        KeepAlive first = node.result("join", () -> join(bench, node, "one", IfPresent.FAIL));
        Calling<KeepAlive> waiting = other.calls("join", () -> join(bench, other, "one", IfPresent.WAIT));
        bench.reach(waiting::isParked, bench.patience());
        bench.pass(Duration.ofMillis(200));
        waiting.interrupt();
        CallResult<KeepAlive> ended = waiting.end(bench.patience());
        bench.verify(
                ended.thrown() instanceof InterruptedException,
                () -> "a join() that was interrupted ended as " + ended);
        node.run("close", first::close);
        bench.pass(Duration.ofMillis(500));
        bench.same("the members once the predecessor has gone", List.of(), ids(node));
        KeepAlive next = node.result("join", () -> join(bench, node, "one", IfPresent.FAIL));
        CallResult<KeepAlive> refused = other.calls("join", () -> join(bench, other, "one", IfPresent.FAIL))
                .end(LONG);
        bench.verify(
                refused.thrown() instanceof DuplicateMemberException,
                () -> "join() under the id of a member that lives ended as " + refused);
        bench.pass(Duration.ofMillis(300));
        requireListed(bench, next, "the state of the one that lives");
        node.run("close", next::close);
        // A hidden waiter would get the id now.
        bench.pass(Duration.ofMillis(300));
        bench.same("the members at the end", List.of(), ids(node));
        // The mark of an attempt of unknown outcome ends with its session.
        node.run("close", node.sereno()::close);
        other.run("close", other.sereno()::close);
        bench.same(
                "the entries that are left",
                List.of(),
                bench.judge().all("member/" + GROUP).stream().map(Entry::name).toList());
    }

    @Rule(value = "MEM-12", waits = true, check = "LEA-15a: leases are few on some stores, so members share them")
    void membersOfOneTtlShareALease(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Client client = bench.client();
        Backend counted = recorder.record(client.toString(), client.witnessed());
        Node node = Node.over(bench, client.toString(), counted, Node.steady(bench));
        node.awaitSession();
        long before = grants(recorder);
        Duration own = Node.steady(bench).minusSeconds(1);
        Duration session = Node.steady(bench);
        List<KeepAlive> members = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String id = "own-" + i;
            members.add(
                    node.result("join", () -> node.sereno().membership(GROUP).join(id, own)));
            String same = "session-" + i;
            members.add(
                    node.result("join", () -> node.sereno().membership(GROUP).join(same, session)));
        }
        bench.same("leases that were granted for members of one other ttl", 1L, grants(recorder) - before);
        for (KeepAlive member : members) {
            node.run("close", member::close);
        }
        bench.verify(
                bench.reach(() -> revocations(recorder) == 1, bench.patience()),
                () -> "the last member of a ttl has closed, and its lease was revoked " + revocations(recorder)
                        + " times");
    }

    private static long grants(Recorder recorder) {
        return recorder.history().operations().stream()
                .filter(operation -> operation.call() instanceof Call.Grant)
                .count();
    }

    private static long revocations(Recorder recorder) {
        return recorder.history().operations().stream()
                .filter(operation -> operation.call() instanceof Call.Revoke)
                .count();
    }
}
