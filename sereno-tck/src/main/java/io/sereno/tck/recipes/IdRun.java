package io.sereno.tck.recipes;

import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.time.ShiftedTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** Clients that take ids of one name: no id is given twice. */
public final class IdRun {
    /** Few slots, so that clients that take one contend for them. */
    public static final IdLayout FEW = new IdLayout(39, Duration.ofMillis(10), 8, 2, IdLayout.SONYFLAKE.epoch());

    private static final String NAME = "ids";
    private static final Duration LONG = Duration.ofSeconds(40);

    private IdRun() {}

    /** Without faults; clients are closed and their clocks go back. */
    static void calm(Bench bench) {
        Map<Long, String> seen = new HashMap<>();
        ShiftedTime clock = new ShiftedTime(bench.time());
        Instant began = clock.wall();
        for (int restart = 0; restart < 3; restart++) {
            // As many as there are slots, so that each slot has been used before.
            List<Node> nodes =
                    new ArrayList<>(List.of(Node.in(bench), Node.in(bench), Node.in(bench), Node.at(bench, clock)));
            List<CompletableFuture<?>> callers = new ArrayList<>();
            for (Node node : nodes) {
                for (int i = 0; i < 2; i++) {
                    callers.add(bench.async(() -> draw(bench, node, judge(bench, node, seen), 40)));
                }
            }
            bench.join(callers, LONG.multipliedBy(2));
            nodes.forEach(node -> node.run("close", node.sereno()::close));
            if (restart == 0) {
                // The clock goes back into ticks that have been used: no id that was given out may come again.
                clock.jump(Duration.between(clock.wall(), began).plusMillis(10));
            }
        }
        bench.evidence("ids", seen.size(), 1_000);
    }

    /** Faults strike two of three clients. */
    static void rough(Bench bench) {
        Map<Long, String> seen = new HashMap<>();
        List<Node> nodes = new ArrayList<>();
        FaultStorm storm = RunNodes.rough(bench, nodes);
        storm.begin();
        try {
            List<CompletableFuture<?>> callers = new ArrayList<>();
            for (Node node : nodes) {
                callers.add(bench.async(() -> draw(bench, node, judge(bench, node, seen), 120)));
            }
            bench.join(callers, LONG.multipliedBy(2));
        } finally {
            storm.end();
        }
        bench.evidence("ids", seen.size(), 500);
    }

    /** Nobody may have had an id before, and each has to be greater than the one before. */
    private static LongConsumer judge(Bench bench, Node node, Map<Long, String> seen) {
        long[] last = {-1};
        return id -> {
            long before = last[0];
            bench.verify(id > before, () -> node + " made id " + id + " after " + before + "; they have to rise");
            String other;
            synchronized (seen) {
                other = seen.put(id, node.name());
            }
            bench.verify(
                    other == null,
                    () -> "id " + id + " (" + FEW.decode(id) + ") was made by " + other + " and by " + node);
            last[0] = id;
        };
    }

    /** Takes ids, one and several at a time. */
    public static boolean draw(Bench bench, Node node, LongConsumer judge, int times) throws Exception {
        IdGenerator ids = node.sereno().ids(NAME, FEW);
        for (int i = 0; i < times; i++) {
            int count = i % 4 == 3 ? 25 : 1;
            long[] made;
            try {
                made = bench.kit().crew().waiting(() -> ids.nextIds(count));
            } catch (NotAppliedException e) {
                bench.pass(Duration.ofMillis(20));
                continue;
            }
            for (long id : made) {
                judge.accept(id);
            }
            bench.pass(Duration.ofMillis(i % 3));
        }
        return true;
    }
}
