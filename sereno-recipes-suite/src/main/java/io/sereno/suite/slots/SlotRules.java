package io.sereno.suite.slots;

import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.properties.LockedNames;
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
import java.util.Set;

/** The slot pool. */
public class SlotRules {
    private static final String NAME = "pool";
    private static final int COUNT = 3;
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration A_MOMENT = Duration.ofMillis(300);

    @Rule(
            value = "SLT-1",
            waits = true,
            check =
                    "COM-5b and COM-6: whether a slot follows from the numbers of all entries in front; a later entry has a greater createRevision")
    void aNumberHasOneHolderAndTokensRise(Bench bench) {
        LockedNames property = new LockedNames();
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        List<Slot> slots = new ArrayList<>();
        long greatest = 0;
        for (int i = 0; i < 3 * COUNT; i++) {
            Node node = nodes.get(i % nodes.size());
            if (slots.size() == COUNT) {
                Slot oldest = slots.remove(0);
                property.releasing(oldest);
                node.run("release", oldest::release);
            }
            Slot slot = node.calls("acquire", pool(node)::acquire).result(LONG);
            slots.add(slot);
            property.granted(slot, Set.of("slot " + slot.number()), Set.of(), () -> true);
            bench.right(property.wrong());
            long before = greatest;
            bench.verify(
                    slot.fencingToken() > before,
                    () -> "token " + slot.fencingToken() + " was granted after token " + before);
            greatest = slot.fencingToken();
        }
        bench.same("slots that are held together", COUNT, property.held());
        bench.same(
                "tryAcquire() while all slots are held",
                Optional.empty(),
                nodes.get(0).result("tryAcquire", pool(nodes.get(0))::tryAcquire));
        slots.forEach(slot -> nodes.get(0).run("release", slot::release));
    }

    @Rule(value = "SLT-1", waits = true, check = "whether clients with other counts have the same numbers")
    void clientsWithDifferentCountsShareNoNumber(Bench bench) {
        LockedNames property = new LockedNames();
        Node few = Node.in(bench);
        Node many = Node.in(bench);
        SlotPool wide = many.sereno().slotPool(NAME, COUNT + 1);
        List<Slot> slots = new ArrayList<>();
        slots.add(many.calls("acquire", () -> wide.acquire(1)).result(LONG));
        slots.add(few.calls("acquire", pool(few)::acquire).result(LONG));
        slots.add(few.calls("acquire", () -> pool(few).acquire(1)).result(LONG));
        slots.add(many.calls("acquire", wide::acquire).result(LONG));
        slots.forEach(slot -> property.granted(slot, Set.of("slot " + slot.number()), Set.of(), () -> true));
        bench.right(property.wrong());
        bench.same(
                "the numbers",
                List.of(1, 0, 2, COUNT),
                slots.stream().map(Slot::number).toList());
        slots.forEach(slot -> few.run("release", slot::release));
    }

    @Rule(value = "SLT-2", waits = true, check = "whether those that wait in front are passed")
    void nobodyPassesARequestThatWaits(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Slot zero = first.calls(
                        "acquire", () -> first.sereno().slotPool(NAME, 1).acquire())
                .result(LONG);
        Calling<Slot> narrow =
                second.calls("acquire", () -> second.sereno().slotPool(NAME, 1).acquire());
        queue(bench).await(bench, 2);
        Calling<Slot> wide = third.calls("acquire", pool(third)::acquire);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT);
        bench.verify(!narrow.isDone(), () -> narrow + " was granted, though the one slot that it wants is held");
        bench.verify(!wide.isDone(), () -> wide + " passed a request that waits");
        bench.same(
                "tryAcquire() while somebody waits",
                Optional.empty(),
                first.result("tryAcquire", pool(first)::tryAcquire));
        first.run("release", zero::release);
        Slot granted = narrow.result(LONG);
        bench.same("the number of the one that waited", 0, granted.number());
        Slot next = wide.result(LONG);
        second.run("release", granted::release);
        third.run("release", next::release);
    }

    /** The places between were granted by their first looks, so that nothing but their numbers lets the waiter look past them. */
    @Rule(value = "SLT-2", waits = true, check = "WAT-1: whether a waiter is notified of a slot that comes back")
    void aSlotThatComesBackIsGrantedAtOnce(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        for (int i = 0; i < COUNT; i++) {
            List<Slot> slots = new ArrayList<>();
            for (int k = 0; k < COUNT; k++) {
                slots.add(first.calls("acquire", pool(first)::acquire).result(LONG));
            }
            Calling<Slot> waiting = second.calls("acquire", pool(second)::acquire);
            queue(bench).await(bench, COUNT + 1);
            bench.pass(A_MOMENT);
            bench.verify(!waiting.isDone(), () -> waiting + " was granted, though all slots are held");
            Slot released = slots.remove(i);
            first.run("release", released::release);
            long from = bench.now();
            Slot granted = waiting.result(LONG);
            bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the grant after a release");
            bench.same("the number", released.number(), granted.number());
            second.run("release", granted::release);
            slots.forEach(slot -> first.run("release", slot::release));
        }
    }

    @Rule(
            value = "LCK-12",
            waits = true,
            check = "what a waiter watches: each but the first has to watch one place only")
    void aReleaseCostsTheSameHoweverManyWait(Bench bench) {
        HandOvers.requireFlat(bench, "slots", (node, name) -> node.sereno().slotPool(name, 1)::acquire);
    }

    @Rule(value = "SLT-3", waits = true, check = "whether a second release gives anything back")
    void aSlotComesBackOnce(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        SlotPool mine = first.sereno().slotPool(NAME, 1);
        SlotPool theirs = second.sereno().slotPool(NAME, 1);
        Slot slot = first.calls("acquire", mine::acquire).result(LONG);
        first.run("release", slot::release);
        Optional<Slot> next = second.result("tryAcquire", theirs::tryAcquire);
        bench.verify(next.isPresent(), () -> "the slot that was released is not free");
        CallResult<Boolean> again = first.acts("release again", slot::release).end(LONG);
        bench.verify(
                again.thrown() instanceof IllegalStateException,
                () -> "the second release() ended as " + again + "; IllegalStateException is expected");
        first.run("close", slot::close);
        bench.same(
                "tryAcquire() after a second release", Optional.empty(), first.result("tryAcquire", mine::tryAcquire));
        second.run("release", next.orElseThrow()::release);
        bench.same("entries left", List.of(), queue(bench).live());
    }

    @Rule(value = "SLT-4", waits = true, check = "which number a slot has")
    void aSlotHasThePreferredNumberIfThatIsFreeElseTheLeast(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Slot two = first.calls("acquire", () -> pool(first).acquire(2)).result(LONG);
        Slot zero = second.calls("acquire", () -> pool(second).acquire(2)).result(LONG);
        bench.same("a preferred number that is free", 2, two.number());
        bench.same("the number in place of one that is held", 0, zero.number());
        Slot one = first.result("tryAcquire", pool(first)::tryAcquire).orElseThrow();
        bench.same("the least number that is free", 1, one.number());
        Calling<Slot> waiting = second.calls("acquire", () -> pool(second).acquire(1));
        queue(bench).await(bench, COUNT + 1);
        first.run("release", one::release);
        Slot preferred = waiting.result(LONG);
        bench.same("the number of one that waited", 1, preferred.number());
        List.of(two, zero, preferred).forEach(slot -> first.run("release", slot::release));
    }

    private static SlotPool pool(Node node) {
        return node.sereno().slotPool(NAME, COUNT);
    }

    private static Queues queue(Bench bench) {
        return new Queues(bench.judge(), "slots/" + NAME);
    }
}
