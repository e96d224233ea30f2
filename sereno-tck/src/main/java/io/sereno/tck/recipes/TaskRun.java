package io.sereno.tck.recipes;

import io.sereno.ScheduledTask;
import io.sereno.TaskGrant;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.time.ShiftedTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Nodes that run one task at due times. One run without faults, with a clock that is ahead; one while connections break. */
final class TaskRun {
    private static final String NAME = "run";
    private static final Duration PERIOD = Duration.ofMillis(250);
    private static final Duration LONG = Duration.ofSeconds(60);

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private final Bench bench;
    private final Chronicle chronicle;
    private final int enough;
    private final List<Node> nodes = new ArrayList<>();
    // Guarded by this.
    private final TreeMap<Long, Instant> begun = new TreeMap<>();
    private final List<TaskGrant> running = new ArrayList<>();

    private TaskRun(Bench bench, int enough) {
        this.bench = bench;
        this.enough = enough;
        this.chronicle = new Chronicle(bench);
    }

    /** Without faults. */
    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    TaskRun run = new TaskRun(bench, 14);
                    run.nodes.addAll(RunNodes.calm(bench, 2));
                    ShiftedTime ahead = new ShiftedTime(bench.time());
                    ahead.jump(PERIOD.multipliedBy(3));
                    run.nodes.add(Node.at(bench, ahead));
                    return new Calm(run.play(() -> {}));
                })
                .chronicle();
    }

    /** While connections break. */
    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    TaskRun run = new TaskRun(bench, 20);
                    FaultStorm storm = RunNodes.rough(bench, run.nodes);
                    storm.begin();
                    return new Rough(run.play(storm::end));
                })
                .chronicle();
    }

    private Chronicle play(Runnable calmDown) {
        chronicle.simulated(bench.inProcess());
        List<ScheduledTask> tasks = new ArrayList<>();
        for (Node node : nodes) {
            tasks.add(node.sereno().task(NAME).every(PERIOD).run(this::work));
        }
        try {
            // How many there were is evidence, which each rule asks for.
            boolean unused = bench.reach(() -> count() >= enough, LONG);
        } finally {
            calmDown.run();
        }
        for (int i = 0; i < tasks.size(); i++) {
            ScheduledTask task = tasks.get(i);
            nodes.get(i).acts("close", task::close).end(LONG);
        }
        return chronicle;
    }

    private synchronized int count() {
        return begun.size();
    }

    private void work(TaskGrant grant) {
        requireAlone(grant);
        requireOrder(grant);
        bench.stir();
        bench.pass(Duration.ofMillis(5));
        synchronized (this) {
            running.remove(grant);
        }
    }

    private void requireAlone(TaskGrant grant) {
        List<TaskGrant> before;
        synchronized (this) {
            running.add(grant);
            before = running.stream().filter(TaskGrant::isHeld).toList();
        }
        // A right that has ended does not come back: those that are held now, too, were held together.
        List<TaskGrant> together = before.stream().filter(TaskGrant::isHeld).toList();
        chronicle.require("SCH-2", together.size() < 2, "two runs are relied on at the same moment: " + together);
    }

    /** A process may be slow to call its body, so the tokens order the runs. */
    private synchronized void requireOrder(TaskGrant grant) {
        Instant same = begun.put(grant.fencingToken(), grant.due());
        chronicle.require("SCH-2", same == null, grant + " has the token of a run that was due " + same);
        Map.Entry<Long, Instant> before = begun.lowerEntry(grant.fencingToken());
        Map.Entry<Long, Instant> after = begun.higherEntry(grant.fencingToken());
        chronicle.require(
                "SCH-1",
                (before == null || before.getValue().isBefore(grant.due()))
                        && (after == null || grant.due().isBefore(after.getValue())),
                grant + " was begun, in the order of the tokens, after " + before + " and before " + after);
    }
}
