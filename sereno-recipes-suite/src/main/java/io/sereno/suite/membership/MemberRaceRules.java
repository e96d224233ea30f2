package io.sereno.suite.membership;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Membership.IfPresent;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Membership, when another client acts between what a client has read and the arrival of its commit. */
public class MemberRaceRules {
    private static final String GROUP = "group";
    private static final String DIRECTORY = "member/" + GROUP;
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final int REMOVALS = 7;
    private static final int RENEWALS = 5;

    /** By how much a pause exceeds another one only if the pauses have grown. */
    private static final Duration GROWTH = Duration.ofMillis(110);

    /** A client with one commit that is held, and that commit. */
    private record Held(Node node, Meeting meeting) {}

    private static Held held(Bench bench, Predicate<Write> first) {
        AtomicReference<Meeting> meeting = new AtomicReference<>();
        Node node = Node.in(bench, Node.steady(bench), backend -> {
            Meeting one = new Meeting(
                    bench,
                    backend,
                    commit -> commit.directory().equals(DIRECTORY)
                            && commit.writes().stream().anyMatch(first));
            meeting.set(one);
            return one;
        });
        return new Held(node, Objects.requireNonNull(meeting.get()));
    }

    private static boolean lists(Write write) {
        return write instanceof Write.Put && write.name().startsWith("m-");
    }

    private static boolean removes(Write write) {
        return write instanceof Write.Delete && write.name().startsWith("m-");
    }

    @Rule(value = "MEM-1", waits = true, check = "COM-3: under which condition the entry of a member is put")
    void exactlyOneOfTwoMembersGetsAFreeId(Bench bench) {
        for (IfPresent ifPresent : List.of(IfPresent.FAIL, IfPresent.WAIT)) {
            Held late = held(bench, MemberRaceRules::lists);
            Node other = Node.in(bench);
            Calling<KeepAlive> second =
                    late.node().calls("join", () -> MemberRules.join(bench, late.node(), "one", ifPresent));
            late.meeting().await();
            KeepAlive first = other.result("join", () -> MemberRules.join(bench, other, "one", IfPresent.FAIL));
            late.meeting().go();
            if (ifPresent == IfPresent.FAIL) {
                requireRefused(bench, second.end(LONG));
            } else {
                bench.pass(Duration.ofMillis(300));
                bench.verify(!second.isDone(), () -> "join() behind a member that lives ended as " + second.end(LONG));
            }
            requireListed(bench, other, first);
            other.run("close", first::close);
            if (ifPresent == IfPresent.WAIT) {
                KeepAlive next = second.result(LONG);
                requireListed(bench, late.node(), next);
                late.node().run("close", next::close);
            }
        }
    }

    @Rule(value = "MEM-4", waits = true, check = "OUT-3: how the entry of a join of unknown outcome is recognised")
    void aMemberThatJoinsDuringAnUnknownOutcomeIsNotTakenForTheOwnOne(Bench bench) {
        for (boolean arrives : new boolean[] {false, true}) {
            Held late = held(bench, MemberRaceRules::lists);
            Node other = Node.in(bench);
            Calling<KeepAlive> second =
                    late.node().calls("join", () -> MemberRules.join(bench, late.node(), "one", IfPresent.FAIL));
            late.meeting().await();
            KeepAlive first = other.result("join", () -> MemberRules.join(bench, other, "one", IfPresent.FAIL));
            List<Long> revisions = MemberRules.revisions(bench);
            if (arrives) {
                late.meeting().loseAnswers();
            } else {
                late.meeting().lose();
            }
            requireRefused(bench, second.end(LONG));
            bench.pass(Duration.ofMillis(300));
            bench.same("revisions of the member's entry", revisions, MemberRules.revisions(bench));
            requireListed(bench, other, first);
            other.run("close", first::close);
        }
    }

    @Rule(value = "MEM-10", waits = true, check = "COM-4: whether the entry is deleted by its createRevision")
    void aLateTakeOverRemovesNoOtherMember(Bench bench) {
        Held late = held(bench, MemberRaceRules::removes);
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        KeepAlive found = one.result("join", () -> MemberRules.join(bench, one, "one", IfPresent.FAIL));
        Calling<KeepAlive> taking =
                late.node().calls("join", () -> MemberRules.join(bench, late.node(), "one", IfPresent.TAKE_OVER));
        late.meeting().await();
        one.run("close", found::close);
        KeepAlive third = other.result("join", () -> MemberRules.join(bench, other, "one", IfPresent.FAIL));
        late.meeting().go();
        requireRefused(bench, taking.end(LONG));
        bench.pass(Duration.ofMillis(300));
        requireListed(bench, other, third);
        other.run("close", third::close);
    }

    private static void requireRefused(Bench bench, CallResult<KeepAlive> ended) {
        bench.verify(
                ended.thrown() instanceof DuplicateMemberException,
                () -> "join() under an id that another client took in between ended as " + ended
                        + "; DuplicateMemberException is expected");
    }

    static void requireListed(Bench bench, Node owner, KeepAlive member) {
        MemberRules.requireListed(bench, member, "the state of the member that has the id");
        bench.same(
                "the members that are listed",
                List.of(new Member("one", member.incarnation(), Map.of("node", owner.name()))),
                MemberRules.members(owner));
    }

    /**
     * The n-th pause is between a tenth of a limit and the limit; the limit doubles from 50 ms to 2 s, until a renewal is
     * acknowledged. So the sixth pause after a renewal is longer than each first one by {@link #GROWTH}, whatever chance
     * does.
     */
    @Rule(value = "MEM-5b", waits = true, check = "how soon a member that is removed again and again is listed again")
    void aMemberThatIsRemovedRepeatedlyIsListedLessOften(Bench bench) {
        Duration removals = bench.guarantees().noticeLateness().multipliedBy(REMOVALS);
        if (removals.compareTo(Node.steady(bench).dividedBy(3)) > 0) {
            throw bench.untested(
                    "notices are late enough for a renewal between removals, which makes pauses short again");
        }
        Node node = Node.in(bench).awaitSession();
        KeepAlive member = node.result("join", () -> MemberRules.join(bench, node, "one", IfPresent.FAIL));
        List<Duration> pauses = new ArrayList<>();
        // A renewal may come between any two removals.
        while (pauses.size() < 4 * REMOVALS && !haveGrown(pauses)) {
            pauses.add(pauseAfterRemoval(bench, member));
        }
        bench.verify(
                haveGrown(pauses),
                () -> "a member was removed " + pauses.size() + " times, and was listed again after " + text(pauses)
                        + "; the pauses have to grow");
        if (!bench.kit().pace().isReal()) {
            requireShortAgain(bench, member);
        }
        node.run("close", member::close);
    }

    private static boolean haveGrown(List<Duration> pauses) {
        return !pauses.isEmpty()
                && Collections.max(pauses).minus(Collections.min(pauses)).compareTo(GROWTH) > 0;
    }

    private static List<String> text(List<Duration> pauses) {
        return pauses.stream().map(Bench::text).toList();
    }

    /** For manual time, which is free and exact. A commit of unknown outcome lengthens a pause, but hardly each of them. */
    private static void requireShortAgain(Bench bench, KeepAlive member) {
        List<Duration> pauses = new ArrayList<>();
        for (int i = 0; i < RENEWALS; i++) {
            // Enough for at least one renewal.
            bench.pass(Node.steady(bench).dividedBy(2));
            pauses.add(pauseAfterRemoval(bench, member));
        }
        bench.verify(
                Collections.min(pauses).compareTo(GROWTH) < 0,
                () -> "a member was removed often, and then " + RENEWALS
                        + " times, each time after a renewal; it was listed" + " again after " + text(pauses)
                        + "; the pauses have to be short again");
    }

    private static Duration pauseAfterRemoval(Bench bench, KeepAlive member) {
        long former = member.incarnation();
        long removed = bench.now();
        remove(bench);
        bench.verify(
                bench.reach(() -> isListedAfter(member, former), LONG),
                () -> "a member was removed, and is " + member.state() + " after " + Bench.text(LONG));
        return bench.since(removed);
    }

    private static boolean isListedAfter(KeepAlive member, long former) {
        return member.state() == KeepAlive.State.LISTED && member.incarnation() > former;
    }

    /** Removes the member as an operator would. */
    static void remove(Bench bench) {
        for (Entry entry : bench.judge().all(DIRECTORY)) {
            bench.judge()
                    .commit(Commit.to(DIRECTORY)
                            .ifCreateRevision(entry.name(), entry.createRevision())
                            .delete(entry.name())
                            .build());
        }
    }
}
