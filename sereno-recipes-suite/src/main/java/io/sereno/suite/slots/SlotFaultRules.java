package io.sereno.suite.slots;

import io.sereno.LockView;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.properties.LockedNames;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Write;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** The slot pool, while connections break and requests are lost or late. */
public class SlotFaultRules {
    private static final String NAME = "pool";
    private static final Duration LONG = Duration.ofSeconds(40);

    /** Time for a few round trips and thread switches. */
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "SLT-1", waits = true, check = "LEA-2: when an entry goes, and until when its holder believes")
    void aHolderThatIsCutOffHasNoSlotWhenAnotherGetsIt(Bench bench) {
        cutOff(bench);
    }

    @Rule(value = "SLT-3", waits = true, check = "whether a slot is under the lease of its session")
    void theSlotOfALostClientComesBackInTime(Bench bench) {
        cutOff(bench);
    }

    private static void cutOff(Bench bench) {
        Duration ttl = Node.brief(bench);
        LockedNames property = new LockedNames();
        Node holder = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        Slot held = holder.calls("acquire", pool(holder, NAME, 1)::acquire).result(LONG);
        property.granted(held, Set.of("slot " + held.number()), Set.of(), () -> true);
        Calling<Slot> waiting = next.calls("acquire", () -> {
            Slot slot = pool(next, NAME, 1).acquire();
            property.granted(slot, Set.of("slot " + slot.number()), Set.of(), () -> true);
            return slot;
        });
        new Queues(bench.judge(), "slots/" + NAME).await(bench, 2);
        // From now on the holder relies on its renewals.
        bench.pass(ttl.dividedBy(2));
        holder.faults().cutOff();
        long from = bench.now();
        Slot granted = waiting.result(LONG.multipliedBy(2));
        // The waiter may hear of the end of its watch, and then of the end of the entry, each at the last moment.
        Duration notices = bench.guarantees().noticeLateness().multipliedBy(2);
        bench.within(Node.gone(bench, ttl).plus(notices).plus(TRIPS), from, "the grant after a holder was cut off");
        bench.right(property.wrong());
        bench.same("isHeld() of a holder that was cut off, when another was granted", false, held.isHeld());
        bench.verify(
                granted.fencingToken() > held.fencingToken(),
                () -> "token " + granted.fencingToken() + " follows token " + held.fencingToken());
        holder.faults().heal();
        next.run("release", granted::release);
    }

    @Rule(
            value = "SLT-1",
            waits = true,
            check = "COM-1: whether a number of unknown outcome, which is stored late, is the one that its client has")
    void aNumberThatIsStoredLateIsTheOneThatItsClientHas(Bench bench) {
        int round = 0;
        for (Fate fate : LostCommits.FATES) {
            String name = NAME + round++;
            LockedNames property = new LockedNames();
            Node first = Node.in(bench);
            Node second = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Slot zero = first.calls("acquire", pool(first, name, 2)::acquire).result(LONG);
            Slot one = first.calls("acquire", pool(first, name, 2)::acquire).result(LONG);
            Calling<Slot> waiting = second.calls("acquire", pool(second, name, 2)::acquire);
            new Queues(bench.judge(), "slots/" + name).await(bench, 3);
            bench.pass(Duration.ofMillis(300)); // Until it has looked.
            AtomicBoolean sent = new AtomicBoolean();
            second.script()
                    .next(
                            request -> {
                                boolean stores = stores(request, name);
                                sent.compareAndSet(false, stores);
                                return stores;
                            },
                            fate);
            // It chooses 1, and finds 0 free too when it looks again.
            first.run("release", one::release);
            bench.verify(bench.reach(sent::get, LONG), () -> waiting + " did not take the slot that is free");
            first.run("release", zero::release);
            Slot granted = waiting.result(LONG);
            bench.pass(Duration.ofMillis(800)); // Until the late number has arrived.
            property.granted(granted, Set.of("slot " + granted.number()), Set.of(), () -> true);
            LockView.Place stored = first.result("inspect", pool(first, name, 2)::inspect)
                    .holders()
                    .get(granted.number());
            bench.verify(
                    stored != null && stored.fencingToken().orElse(0) == granted.fencingToken(),
                    () -> "the store does not say that slot " + granted.number() + " is held");
            Slot other = first.calls("acquire", () -> pool(first, name, 2).acquire(granted.number()))
                    .result(LONG);
            property.granted(other, Set.of("slot " + other.number()), Set.of(), () -> true);
            bench.right(property.wrong());
            bench.same("the numbers of two slots of two", 1, granted.number() + other.number());
            first.run("release", other::release);
            second.run("release", granted::release);
        }
    }

    @Rule(value = "SLT-3", waits = true, check = "OUT-2: how a grant of unknown outcome is settled")
    void aGrantOfUnknownOutcomeLeavesNoSlotThatNobodyHas(Bench bench) {
        int round = 0;
        for (Fate fate : LostCommits.FATES) {
            String name = NAME + round++;
            Node first = Node.in(bench);
            Node second = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Slot held = first.calls("acquire", pool(first, name, 1)::acquire).result(LONG);
            Calling<Slot> waiting = second.calls("acquire", pool(second, name, 1)::acquire);
            new Queues(bench.judge(), "slots/" + name).await(bench, 2);
            bench.pass(Duration.ofMillis(300)); // Until it has looked.
            second.script().next(request -> stores(request, name), fate);
            first.run("release", held::release);
            Slot granted = waiting.result(LONG);
            bench.same(
                    "tryAcquire() while the slot is held",
                    Optional.empty(),
                    first.result("tryAcquire", pool(first, name, 1)::tryAcquire));
            second.run("release", granted::release);
            Slot back = first.calls("acquire", pool(first, name, 1)::acquire).result(LONG);
            first.run("release", back::release);
            bench.pass(Duration.ofSeconds(3)); // Until the late number has arrived.
            bench.same("entries left", List.of(), new Queues(bench.judge(), "slots/" + name).live());
        }
    }

    /** The commit that stores a number; by it a waiter is granted its slot. */
    private static boolean stores(Request request, String name) {
        return Request.commitsTo("slots/" + name).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.value().toUtf8().contains("\nnumber "));
    }

    private static SlotPool pool(Node node, String name, int count) {
        return node.sereno().slotPool(name, count);
    }
}
