package io.sereno.suite.permits;

import io.sereno.LockView;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.properties.PermitsInUse;
import io.sereno.suite.queues.HandOvers;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The permit pool. */
public class PermitRules {
    private static final String NAME = "pool";
    private static final int LIMIT = 3;
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration A_MOMENT = Duration.ofMillis(300);

    @Rule(
            value = "SEM-1",
            waits = true,
            check = "whether a grant follows from all entries in front, and from the limit")
    void permitsOfAllClientsStayWithinTheLimit(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Permit two = acquire(first, property, 2);
        Permit one = acquire(second, property, 1);
        bench.right(property.wrong());
        bench.same("permits that are held together", LIMIT, property.mostHeld());
        Calling<Permit> waiting = third.calls("acquire", () -> pool(third).acquire(2));
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT);
        bench.verify(!waiting.isDone(), () -> waiting + " was granted, though all permits are held");
        bench.same(
                "tryAcquire() while all permits are held",
                Optional.empty(),
                first.result("tryAcquire", pool(first)::tryAcquire));
        release(second, property, one);
        bench.pass(A_MOMENT);
        bench.verify(!waiting.isDone(), () -> waiting + " was granted, though one permit is free");
        release(first, property, two);
        Permit granted = waiting.result(LONG);
        property.granted(property.begins(), granted, 2, () -> true);
        bench.right(property.wrong());
        bench.same("the weight", 2, granted.weight());
        LockView view = first.result("inspect", pool(first)::inspect);
        bench.same(
                "entries that hold",
                List.of(granted.id()),
                view.holders().stream().map(LockView.Place::entry).toList());
        release(third, property, granted);
    }

    @Rule(value = "SEM-1", waits = true, check = "whether a waiter is granted permits by the present limit")
    void aLowerLimitRevokesNothingAndHoldsForThoseThatWait(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Permit two = acquire(first, property, 2);
        Permit one = acquire(first, property, 1);
        Calling<Permit> waiting = second.calls("acquire", pool(second)::acquire);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT); // It has looked then, and has to wait. A first look beside the change may show the former
        // limit.
        first.run("setLimit", () -> pool(first).setLimit(2));
        bench.same("the limit for another client", 2, second.result("limit", pool(second)::limit));
        release(first, property, one);
        bench.pass(A_MOMENT);
        bench.verify(!waiting.isDone(), () -> waiting + " was granted beyond the limit of 2");
        bench.same("isHeld() after the limit was lowered", true, two.isHeld());
        release(first, property, two);
        Permit granted = waiting.result(LONG);
        second.run("release", granted::release);
    }

    @Rule(value = "SEM-2", waits = true, check = "whether those that wait in front count")
    void aLightRequestDoesNotPassAHeavyOne(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Permit two = acquire(first, property, 2);
        Calling<Permit> heavy = second.calls("acquire", () -> pool(second).acquire(LIMIT));
        queue(bench).await(bench, 2);
        Calling<Permit> light = third.calls("acquire", pool(third)::acquire);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT);
        bench.verify(!light.isDone(), () -> light + " passed a request that waits for " + LIMIT + " permits");
        bench.same(
                "tryAcquire() while somebody waits",
                Optional.empty(),
                first.result("tryAcquire", pool(first)::tryAcquire));
        release(first, property, two);
        Permit all = heavy.result(LONG);
        bench.pass(A_MOMENT);
        bench.verify(!light.isDone(), () -> light + " was granted, though all permits are held");
        second.run("release", all::release);
        Permit last = light.result(LONG);
        third.run("release", last::release);
    }

    /** The place behind was granted by its first look, so that nothing but its mark lets the waiter look past it. */
    @Rule(
            value = "SEM-2",
            waits = true,
            check = "whether a place that was granted at once does not hide a release in front of it")
    void aReleaseInFrontOfAHolderLetsAWaiterIn(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        for (int i = 0; i < 3; i++) {
            Permit two = acquire(first, property, 2);
            Permit one = acquire(second, property, 1);
            Calling<Permit> waiting = third.calls("acquire", pool(third)::acquire);
            queue(bench).await(bench, 3);
            bench.pass(A_MOMENT);
            bench.verify(!waiting.isDone(), () -> waiting + " was granted, though all permits are held");
            release(first, property, two);
            long from = bench.now();
            Permit granted = waiting.result(LONG);
            bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the grant after a release");
            bench.same("isHeld() of the permit between", true, one.isHeld());
            third.run("release", granted::release);
            release(second, property, one);
        }
    }

    @Rule(
            value = "LCK-12",
            waits = true,
            check = "whether waiters watch or read the whole queue: each but the first has to watch one place only")
    void aReleaseCostsTheSameHoweverManyWait(Bench bench) {
        HandOvers.requireFlat(bench, "semaphore", (node, name) -> node.sereno().permitPool(name, 1)::acquire);
    }

    @Rule(value = "SEM-3", waits = true, check = "whether a second release gives anything back")
    void permitsComeBackOnce(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Permit two = acquire(first, property, 2);
        Permit one = acquire(first, property, 1);
        release(first, property, two);
        CallResult<Boolean> again = first.acts("release again", two::release).end(LONG);
        bench.verify(
                again.thrown() instanceof IllegalStateException,
                () -> "the second release() ended as " + again + "; IllegalStateException is expected");
        first.run("close", two::close);
        bench.same("isHeld() of the other permit", true, one.isHeld());
        Permit taken = acquire(second, property, 2);
        bench.right(property.wrong());
        bench.same(
                "tryAcquire() after two releases of the same permits",
                Optional.empty(),
                second.result("tryAcquire", pool(second)::tryAcquire));
        release(second, property, taken);
        release(first, property, one);
    }

    @Rule(value = "SEM-4", waits = true, check = "WAT-1: whether those that wait are notified of a new limit")
    void aHigherLimitIsNoticedAtOnce(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Permit all = acquire(first, property, LIMIT);
        Calling<Permit> waiting = second.calls("acquire", () -> pool(second).acquire(2));
        queue(bench).await(bench, 2);
        bench.pass(A_MOMENT);
        bench.verify(!waiting.isDone(), () -> waiting + " was granted, though all permits are held");
        first.run("setLimit", () -> pool(first).setLimit(LIMIT + 2));
        long from = bench.now();
        Permit granted = waiting.result(LONG);
        bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the grant after the limit was raised");
        release(first, property, all);
        second.run("release", granted::release);
    }

    @Rule(value = "SEM-4", waits = true, check = "whether each that waits is notified when the one in front is granted")
    void aHigherLimitLetsInAllThatFit(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Permit all = acquire(first, property, LIMIT);
        List<Node> nodes = new ArrayList<>();
        List<Calling<Permit>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Node node = Node.in(bench);
            nodes.add(node);
            waiting.add(node.calls("acquire", pool(node)::acquire));
            queue(bench).await(bench, i + 2);
        }
        first.run("setLimit", () -> pool(first).setLimit(LIMIT + 4));
        long from = bench.now();
        for (int i = 0; i < 4; i++) {
            Permit granted = waiting.get(i).result(LONG);
            bench.within(
                    bench.afterNotice(Node.steady(bench).dividedBy(4)).multipliedBy(i + 1),
                    from,
                    "grant " + (i + 1) + " after the limit was raised");
            property.granted(property.begins(), granted, 1, () -> true);
        }
        bench.pass(A_MOMENT);
        bench.verify(!waiting.get(4).isDone(), () -> waiting.get(4) + " was granted beyond the limit");
        release(first, property, all);
        Permit last = waiting.get(4).result(LONG);
        nodes.get(4).run("release", last::release);
    }

    @Rule(value = "SEM-4", waits = true, check = "whether a request above the limit ends")
    void aRequestAboveTheLimitFailsAndBlocksNobody(Bench bench) {
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Permit all = acquire(first, property, LIMIT);
        requireRefusal(bench, second.calls("acquire", () -> pool(second).acquire(LIMIT + 1)));
        requireRefusal(bench, second.calls("tryAcquire", () -> pool(second).tryAcquire(LIMIT + 1)));
        Calling<Permit> heavy = second.calls("acquire", () -> pool(second).acquire(LIMIT));
        queue(bench).await(bench, 2);
        Calling<Permit> light = third.calls("acquire", pool(third)::acquire);
        queue(bench).await(bench, 3);
        first.run("setLimit", () -> pool(first).setLimit(1));
        requireRefusal(bench, heavy);
        release(first, property, all);
        Permit granted = light.result(LONG);
        third.run("release", granted::release);
        bench.same("entries left", List.of(), queue(bench).live());
    }

    private static void requireRefusal(Bench bench, Calling<?> call) {
        CallResult<?> ended = call.end(LONG);
        bench.verify(
                ended.thrown() instanceof IllegalStateException,
                () -> call + " ended as " + ended + "; IllegalStateException is expected above the limit");
    }

    private static PermitPool pool(Node node) {
        return node.sereno().permitPool(NAME, LIMIT);
    }

    private static Queues queue(Bench bench) {
        return new Queues(bench.judge(), "semaphore/" + NAME);
    }

    private static Permit acquire(Node node, PermitsInUse property, int weight) {
        PermitsInUse.Attempt attempt = property.begins();
        Permit permit = node.calls("acquire", () -> pool(node).acquire(weight)).result(LONG);
        property.granted(attempt, permit, weight, () -> true);
        return permit;
    }

    private static void release(Node node, PermitsInUse property, Permit permit) {
        property.releasing(permit);
        node.run("release", permit::release);
    }
}
