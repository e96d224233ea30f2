package io.sereno.suite.tasks;

import static io.sereno.suite.tasks.TaskRules.LONG;
import static io.sereno.suite.tasks.TaskRules.NAME;
import static io.sereno.suite.tasks.TaskRules.TRIPS;

import io.sereno.ScheduledTask;
import io.sereno.ScheduledTask.IfRunnerLost;
import io.sereno.TaskGrant;
import io.sereno.properties.BegunRuns;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Write;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The scheduled task, while connections break and requests are lost or late. */
public class TaskFaultRules {
    private static final Duration PERIOD = Duration.ofMillis(500);

    @Rule(value = "SCH-2", waits = true, check = "LEA-2: when an entry goes, and until when its runner believes")
    void aRunnerThatIsCutOffHasNoRightWhenAnotherBegins(Bench bench) {
        cutOff(bench, IfRunnerLost.RUN_AGAIN);
    }

    @Rule(value = "SCH-4", waits = true, check = "whether places are under the lease of their session")
    void aLostRunIsBegunAgainInTime(Bench bench) {
        cutOff(bench, IfRunnerLost.RUN_AGAIN);
    }

    @Rule(value = "SCH-4", waits = true, check = "whether a lost runner is passed over")
    void aLostRunIsSkippedAndTheNextDueTimeIsBegun(Bench bench) {
        cutOff(bench, IfRunnerLost.SKIP);
    }

    private static void cutOff(Bench bench, IfRunnerLost policy) {
        Duration ttl = Node.brief(bench);
        // Far more than all that follows takes, so that no other due time comes.
        Duration period = policy == IfRunnerLost.SKIP ? Duration.ofSeconds(1) : Duration.ofDays(300);
        boolean again = policy == IfRunnerLost.RUN_AGAIN;
        BegunRuns runs = new BegunRuns(again);
        List<TaskGrant> grants = new CopyOnWriteArrayList<>();
        Node victim = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        ScheduledTask lost = schedule(victim, period).ifRunnerLost(policy).run(grant -> {
            runs.begun(grant, () -> true);
            grants.add(grant);
            bench.stir();
            boolean unused = bench.reach(() -> !grant.isHeld(), LONG);
        });
        bench.verify(bench.reach(() -> !grants.isEmpty(), LONG), () -> "no run has begun");
        ScheduledTask waiting = schedule(next, period).ifRunnerLost(policy).run(grant -> {
            bench.right(runs.wrong());
            runs.begun(grant, () -> true);
            grants.add(grant);
            bench.stir();
        });
        TaskRules.queue(bench).await(bench, 2);
        // From now on the runner relies on its renewals.
        bench.pass(ttl.dividedBy(2));
        victim.faults().cutOff();
        long from = bench.now();
        bench.verify(
                bench.reach(() -> grants.size() > 1, LONG.multipliedBy(2)), () -> "nobody has replaced a lost runner");
        // The waiter may hear of the end of its watch, and then of the end of the entry, each at the last moment.
        Duration notices = bench.guarantees().noticeLateness().multipliedBy(2);
        Duration bound = Node.gone(bench, ttl).plus(notices).plus(TRIPS);
        bench.within(again ? bound : bound.plus(period), from, "the run after a runner was cut off");
        bench.right(runs.wrong());
        TaskGrant first = grants.get(0);
        TaskGrant second = grants.get(1);
        bench.same("isHeld() of a runner that was cut off, when another began", false, first.isHeld());
        bench.same(
                "whether the same due time was begun again", again, first.due().equals(second.due()));
        bench.same("the attempt", again ? 2 : 1, second.attempt());
        victim.faults().heal();
        next.run("close", waiting::close);
        victim.acts("close", lost::close).end(LONG);
    }

    /** The first due time is at once if the period is long. */
    private static ScheduledTask schedule(Node node, Duration period) {
        ScheduledTask task = node.sereno().task(NAME);
        return period.compareTo(Duration.ofDays(1)) > 0 ? task.withDelay(period) : task.every(period);
    }

    @Rule(value = "SCH-1", waits = true, check = "OUT-2: how a beginning of unknown outcome is settled")
    void aBeginningOrAnEndOfUnknownOutcomeHappensOnce(Bench bench) {
        BegunRuns runs = new BegunRuns(false);
        AtomicInteger ended = new AtomicInteger();
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        ScheduledTask one = node.sereno().task(NAME).every(PERIOD).run(grant -> count(bench, runs, ended, grant));
        ScheduledTask two = other.sereno().task(NAME).every(PERIOD).run(grant -> count(bench, runs, ended, grant));
        for (Fate fate : LostCommits.FATES) {
            for (boolean end : new boolean[] {false, true}) {
                AtomicInteger met = new AtomicInteger();
                node.script().next(request -> stores(request, end) && met.incrementAndGet() > 0, fate);
                bench.verify(bench.reach(() -> met.get() > 0, LONG), () -> "no run was begun by " + node);
                int before = ended.get();
                bench.verify(
                        bench.reach(() -> ended.get() > before + 1, LONG),
                        () -> "no run follows one whose " + (end ? "end" : "beginning") + " was " + fate);
            }
        }
        node.run("close", one::close);
        other.run("close", two::close);
        bench.right(runs.wrong());
    }

    private static void count(Bench bench, BegunRuns runs, AtomicInteger ended, TaskGrant grant) {
        runs.begun(grant, () -> true);
        ended.incrementAndGet();
        bench.stir();
    }

    /** The commit that stores the beginning of a run, or its end. */
    private static boolean stores(Request request, boolean end) {
        return Request.commitsTo("task/" + NAME).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.name().equals("last")
                                && put.value().toUtf8().contains("\nend ") == end);
    }
}
