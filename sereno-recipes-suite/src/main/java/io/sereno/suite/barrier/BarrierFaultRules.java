package io.sereno.suite.barrier;

import io.sereno.Barrier;
import io.sereno.OutcomeUnknownException;
import io.sereno.SessionState;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;

/** The barrier, while connections break and requests are lost or late. */
public class BarrierFaultRules {
    private static final String NAME = "phase";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration A_MOMENT = Duration.ofMillis(300);

    /** Time for a few round trips and thread switches. */
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(
            value = "BAR-1",
            waits = true,
            check = "OUT-3: how an arrival of unknown outcome is settled: each party counts once")
    void anArrivalWhoseReplyIsLostCountsOnce(Bench bench) {
        eachFate(
                bench,
                false,
                name -> commits(name, write -> write instanceof Write.Put && Queues.isPlace(write.name())));
    }

    @Rule(value = "BAR-1", waits = true, check = "OUT-2: how a crossing of unknown outcome is settled")
    void aCrossingWhoseReplyIsLostIsOneForAll(Bench bench) {
        eachFate(bench, true, BarrierFaultRules::crosses);
    }

    /** The commit of one client meets a fate, and it crosses with another one all the same. */
    private static void eachFate(Bench bench, boolean isLast, Function<String, Struck> which) {
        int round = 0;
        for (Fate fate : LostCommits.FATES) {
            String name = NAME + round++;
            Node unlucky = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            Struck struck = which.apply(name);
            unlucky.script().next(struck, fate);
            Node first = isLast ? other : unlucky;
            Node second = isLast ? unlucky : other;
            Calling<Boolean> a = arrives(first, name, "a");
            queue(bench, name).await(bench, 1);
            Calling<Boolean> b = arrives(second, name, "b");
            bench.same("whether " + a + " has crossed, " + fate, true, a.result(LONG));
            bench.same("whether " + b + " has crossed, " + fate, true, b.result(LONG));
            bench.verify(struck.isMet(), () -> "no commit was " + fate);
            bench.pass(Duration.ofMillis(800)); // Until the late commit has arrived.
            bench.same(
                    "crossings",
                    1L,
                    other.result("inspect", barrier(other, name)::inspect).crossings());
            queue(bench, name).await(bench, 0);
        }
    }

    @Rule(value = "BAR-1", waits = true, check = "OUT-2: how a withdrawal of unknown outcome is settled")
    void aWithdrawalWhoseReplyIsLostIsCertain(Bench bench) {
        int round = 0;
        for (Fate fate : LostCommits.FATES) {
            String name = NAME + round++;
            Node unlucky = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            Struck struck = commits(name, write -> write instanceof Write.Delete && Queues.isPlace(write.name()));
            unlucky.script().next(struck, fate);
            CallResult<Boolean> gaveUp = unlucky.calls(
                            "await", () -> barrier(unlucky, name).await("a", Duration.ofMillis(300)))
                    .end(LONG);
            bench.verify(
                    gaveUp.succeeded() ? !gaveUp.result() : gaveUp.thrown() instanceof OutcomeUnknownException,
                    () -> "await() of a party alone ended as " + gaveUp + ", " + fate);
            bench.verify(struck.isMet(), () -> "no commit was " + fate);
            queue(bench, name).await(bench, 0);
            bench.same(
                    "await() when the other has given up, " + fate,
                    false,
                    other.result("await", () -> barrier(other, name).await("b", Duration.ofSeconds(1))));
            Calling<Boolean> again = arrives(unlucky, name, "a");
            Calling<Boolean> with = arrives(other, name, "b");
            bench.same("whether " + again + " has crossed", true, again.result(LONG));
            bench.same("whether " + with + " has crossed", true, with.result(LONG));
        }
    }

    @Rule(value = "BAR-2", waits = true, check = "LEA-3a: whether the place of a party goes with its session")
    void aPartyThatHasDiedIsNotCrossedWith(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        Node other = Node.in(bench);
        Calling<Boolean> lost = arrives(dying, NAME, "a");
        queue(bench, NAME).await(bench, 1);
        bench.pass(A_MOMENT); // Until it has looked.
        dying.faults().cutOff();
        bench.pass(Node.gone(bench, ttl).plus(TRIPS));
        bench.same(
                "await() when the other has died",
                false,
                other.result("await", () -> barrier(other, NAME).await("b", Duration.ofMillis(500))));
        bench.verify(!lost.isDone(), () -> "a party alone has crossed: " + lost);
        dying.faults().heal();
        Calling<Boolean> with = arrives(other, NAME, "b");
        bench.same("whether " + lost + " has crossed when it is back", true, lost.result(LONG));
        bench.same("whether " + with + " has crossed", true, with.result(LONG));
    }

    /** As an operator ends a session. */
    @Rule(
            value = "BAR-2",
            waits = true,
            check = "whether a party whose session has ended is counted, and arrives again under the next one")
    void aPartyWhoseSessionEndsArrivesAgain(Bench bench) {
        Node ended = Node.in(bench);
        Node other = Node.in(bench);
        Calling<Boolean> waits = arrives(ended, NAME, "a");
        Queues queue = queue(bench, NAME);
        queue.await(bench, 1);
        Entry former = queue.live().get(0);
        String session = former.name().substring(0, former.name().indexOf('-'));
        bench.judge().committed(Commit.to("session").delete(session).build());
        bench.verify(
                bench.reach(
                        () -> queue.live().stream()
                                        .noneMatch(place -> place.name().equals(former.name()))
                                && queue.live().size() == 1
                                && ended.sereno().sessionState() == SessionState.CONNECTED,
                        LONG),
                () -> "a party whose session has ended has not arrived again: " + queue.describe());
        Calling<Boolean> with = arrives(other, NAME, "b");
        bench.same("whether " + waits + " has crossed", true, waits.result(LONG));
        bench.same("whether " + with + " has crossed", true, with.result(LONG));
    }

    /** It was about to cross with the first one, and is cut off. Either that one crosses with it, while its session lives, or with the next one. */
    @Rule(
            value = "BAR-3",
            waits = true,
            check = "LEA-3a and WAT-4: whether the death of the one that is to cross keeps the others waiting")
    void othersCrossWhenTheOneThatIsToCrossDies(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node first = Node.in(bench, ttl);
        Node dying = Node.breakable(bench, ttl, around -> {
            FaultyBackend script =
                    new FaultyBackend(around, bench.time(), bench.kit().crew());
            script.each(crosses(NAME), Fate.refuse());
            return script;
        });
        Node third = Node.in(bench, ttl);
        dying.awaitSession();
        Calling<Boolean> a = arrives(first, NAME, "a");
        queue(bench, NAME).await(bench, 1);
        arrives(dying, NAME, "b");
        queue(bench, NAME).await(bench, 2);
        bench.pass(A_MOMENT); // Until it has looked, and would cross.
        dying.faults().cutOff();
        long from = bench.now();
        arrives(third, NAME, "c");
        bench.same("whether " + a + " has crossed", true, a.result(LONG));
        // A tick of the first one, or the end of the lease and then a notice to one and a notice to the other.
        Duration notices = bench.guarantees().noticeLateness().multipliedBy(2);
        bench.within(
                Node.gone(bench, ttl).plus(ttl.dividedBy(4)).plus(notices).plus(TRIPS),
                from,
                "the crossing when the one that was to cross had died");
        dying.faults().heal();
    }

    /** Meets one kind of commits, and knows whether there was one. */
    static final class Struck implements Predicate<Request> {
        private final Predicate<Request> which;
        private final AtomicBoolean met = new AtomicBoolean();

        Struck(Predicate<Request> which) {
            this.which = which;
        }

        @Override
        public boolean test(Request request) {
            boolean is = which.test(request);
            if (is) {
                met.set(true);
            }
            return is;
        }

        boolean isMet() {
            return met.get();
        }
    }

    /** The commits that cross the barrier. */
    static Struck crosses(String name) {
        return commits(name, write -> write.name().equals("h"));
    }

    private static Struck commits(String name, Predicate<Write> write) {
        return new Struck(request -> Request.commitsTo("barrier/" + name).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream().anyMatch(write));
    }

    private static Barrier barrier(Node node, String name) {
        return node.sereno().barrier(name, 2);
    }

    private static Calling<Boolean> arrives(Node node, String name, String party) {
        return node.calls("await of " + party, () -> {
            barrier(node, name).await(party);
            return true;
        });
    }

    private static Queues queue(Bench bench, String name) {
        return new Queues(bench.judge(), "barrier/" + name);
    }
}
