package io.sereno.suite.permits;

import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.properties.PermitsInUse;
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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** The permit pool, while connections break and requests are lost or late. */
public class PermitFaultRules {
    private static final String NAME = "pool";
    private static final int LIMIT = 2;
    private static final Duration LONG = Duration.ofSeconds(40);

    /** Time for a few round trips and thread switches. */
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "SEM-1", waits = true, check = "LEA-2: when an entry goes, and until when its holder believes")
    void aHolderThatIsCutOffHasNoPermitsWhenAnotherGetsThem(Bench bench) {
        cutOff(bench);
    }

    @Rule(value = "SEM-3", waits = true, check = "whether permits are under the lease of their session")
    void permitsOfALostClientComeBackInTime(Bench bench) {
        cutOff(bench);
    }

    private static void cutOff(Bench bench) {
        Duration ttl = Node.brief(bench);
        PermitsInUse property = new PermitsInUse(LIMIT);
        Node holder = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        PermitsInUse.Attempt attempt = property.begins();
        Permit held =
                holder.calls("acquire", () -> pool(holder, NAME).acquire(LIMIT)).result(LONG);
        property.granted(attempt, held, LIMIT, () -> true);
        PermitsInUse.Attempt second = property.begins();
        Calling<Permit> waiting = next.calls("acquire", () -> {
            Permit permit = pool(next, NAME).acquire();
            property.granted(second, permit, 1, () -> true);
            return permit;
        });
        new Queues(bench.judge(), "semaphore/" + NAME).await(bench, 2);
        // From now on the holder relies on its renewals.
        bench.pass(ttl.dividedBy(2));
        holder.faults().cutOff();
        long from = bench.now();
        Permit granted = waiting.result(LONG.multipliedBy(2));
        // The waiter may hear of the end of its watch, and then of the end of the entry, each at the last moment.
        Duration notices = bench.guarantees().noticeLateness().multipliedBy(2);
        bench.within(Node.gone(bench, ttl).plus(notices).plus(TRIPS), from, "the grant after a holder was cut off");
        bench.right(property.wrong());
        bench.same("isHeld() of a holder that was cut off, when another was granted", false, held.isHeld());
        holder.faults().heal();
        next.run("release", granted::release);
    }

    @Rule(value = "SEM-1", waits = true, check = "COM-1: whether a grant that arrives late depends on the limit")
    void aGrantThatArrivesAfterTheLimitWasLoweredIsNone(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Permit one = first.calls("acquire", pool(first, NAME)::acquire).result(LONG);
        Permit other = first.calls("acquire", pool(first, NAME)::acquire).result(LONG);
        Calling<Permit> waiting = second.calls("acquire", pool(second, NAME)::acquire);
        new Queues(bench.judge(), "semaphore/" + NAME).await(bench, 3);
        bench.pass(Duration.ofMillis(300)); // Until it has looked.
        AtomicBoolean sent = new AtomicBoolean();
        second.script()
                .next(
                        request -> {
                            boolean grants = marks(request, NAME);
                            sent.compareAndSet(false, grants);
                            return grants;
                        },
                        Fate.delayRequest(Duration.ofSeconds(2)));
        first.run("release", one::release);
        bench.verify(bench.reach(sent::get, LONG), () -> waiting + " was not granted the permit that is free");
        first.run("setLimit", () -> pool(first, NAME).setLimit(1));
        bench.pass(Duration.ofSeconds(3));
        bench.verify(
                !waiting.isDone() && other.isHeld(),
                () -> waiting + " was granted a second permit after the limit was lowered to 1");
        first.run("release", other::release);
        Permit granted = waiting.result(LONG);
        second.run("release", granted::release);
    }

    @Rule(value = "SEM-3", waits = true, check = "OUT-2: how a grant of unknown outcome is settled")
    void aGrantOfUnknownOutcomeIsGivenBackOnce(Bench bench) {
        int round = 0;
        for (Fate fate : LostCommits.FATES) {
            String name = NAME + round++;
            Node first = Node.in(bench);
            Node second = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Permit all = first.calls("acquire", () -> pool(first, name).acquire(LIMIT))
                    .result(LONG);
            Calling<Permit> waiting =
                    second.calls("acquire", () -> pool(second, name).acquire(LIMIT));
            new Queues(bench.judge(), "semaphore/" + name).await(bench, 2);
            bench.pass(Duration.ofMillis(300)); // Until it has looked.
            second.script().next(request -> marks(request, name), fate);
            first.run("release", all::release);
            Permit granted = waiting.result(LONG);
            bench.same(
                    "tryAcquire() while all permits are held",
                    Optional.empty(),
                    first.result("tryAcquire", pool(first, name)::tryAcquire));
            second.run("release", granted::release);
            Permit back = first.calls("acquire", () -> pool(first, name).acquire(LIMIT))
                    .result(LONG);
            first.run("release", back::release);
        }
    }

    /** The commit that marks an entry; by it a waiter is granted its permits. */
    private static boolean marks(Request request, String name) {
        return Request.commitsTo("semaphore/" + name).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.value().toUtf8().contains("\nheld\n"));
    }

    private static PermitPool pool(Node node, String name) {
        return node.sereno().permitPool(name, LIMIT);
    }
}
