package io.sereno.suite.tasks;

import io.sereno.ScheduledTask;
import io.sereno.TaskGrant;
import io.sereno.TaskRun;
import io.sereno.properties.BegunRuns;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.time.ShiftedTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The scheduled task. */
public class TaskRules {
    static final String NAME = "task";
    static final Duration LONG = Duration.ofSeconds(40);
    /** Time for a few round trips and thread switches. */
    static final Duration TRIPS = Duration.ofSeconds(2);

    private static final Duration PERIOD = Duration.ofMillis(400);

    @Rule(value = "SCH-1", waits = true, check = "whether a beginning is bound to the run before")
    void nodesTakeTurnsAndBeginEachDueTimeOnce(Bench bench) {
        BegunRuns runs = new BegunRuns(false);
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        List<ScheduledTask> tasks = nodes.stream()
                .map(node -> node.sereno().task(NAME).every(PERIOD).run(grant -> {
                    runs.begun(grant, () -> true);
                    bench.stir();
                }))
                .toList();
        bench.verify(bench.reach(() -> runs.count() >= 7, LONG), () -> "only " + runs.count() + " runs have begun");
        for (int i = 0; i < tasks.size(); i++) {
            nodes.get(i).run("close", tasks.get(i)::close);
        }
        bench.right(runs.wrong());
        Node judge = nodes.get(0);
        TaskRun last = judge.result("lastRun", () -> judge.sereno().task(NAME).lastRun())
                .orElseThrow();
        bench.same("the outcome of the last run", TaskRun.Outcome.SUCCEEDED, last.outcome());
        bench.same("places left", List.of(), queue(bench).live());
    }

    @Rule(value = "SCH-2", waits = true, check = "COM-5b: whether a later run has a greater token")
    void aRunThatTakesLongerThanThePeriodIsAlone(Bench bench) {
        BegunRuns runs = new BegunRuns(false);
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench));
        List<ScheduledTask> tasks = nodes.stream()
                .map(node -> node.sereno().task(NAME).every(PERIOD).run(grant -> {
                    runs.begun(grant, () -> true);
                    bench.pass(PERIOD.multipliedBy(2));
                    bench.right(runs.wrong());
                    bench.stir();
                }))
                .toList();
        bench.verify(bench.reach(() -> runs.count() >= 4, LONG), () -> "only " + runs.count() + " runs have begun");
        for (int i = 0; i < tasks.size(); i++) {
            nodes.get(i).run("close", tasks.get(i)::close);
        }
        bench.right(runs.wrong());
    }

    @Rule(value = "SCH-3", waits = true, check = "how long a due time of the future is waited for")
    void aNodeWhoseClockIsAheadCostsOnePeriod(Bench bench) {
        BegunRuns runs = new BegunRuns(false);
        List<Instant> dueTimes = new CopyOnWriteArrayList<>();
        ShiftedTime future = new ShiftedTime(bench.time());
        future.jump(Duration.ofDays(20));
        Node ahead = Node.at(bench, future);
        ScheduledTask wrong = ahead.sereno().task(NAME).every(PERIOD).run(grant -> note(bench, runs, dueTimes, grant));
        bench.verify(
                bench.reach(() -> dueTimes.size() >= 2, LONG), () -> "the node whose clock is ahead began nothing");
        ahead.run("close", wrong::close);
        Instant last = dueTimes.get(dueTimes.size() - 1);
        Node right = Node.in(bench).awaitSession();
        int before = dueTimes.size();
        ScheduledTask task = right.sereno().task(NAME).every(PERIOD).run(grant -> note(bench, runs, dueTimes, grant));
        long from = bench.now();
        bench.verify(
                bench.reach(() -> dueTimes.size() > before, LONG),
                () -> "no node begins a due time after " + last + ", which a node whose clock was ahead has begun");
        bench.within(PERIOD.plus(TRIPS), from, "the first run after those of a node whose clock is ahead");
        bench.verify(dueTimes.get(before).isAfter(last), () -> dueTimes.get(before) + " was begun after " + last);
        right.run("close", task::close);
        bench.right(runs.wrong());
    }

    private static void note(Bench bench, BegunRuns runs, List<Instant> dueTimes, TaskGrant grant) {
        runs.begun(grant, () -> true);
        dueTimes.add(grant.due());
        bench.stir();
    }

    static Queues queue(Bench bench) {
        return new Queues(bench.judge(), "task/" + NAME);
    }
}
