package io.sereno.tck.recipes;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.Membership.IfPresent;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that join a membership under one id, again and again: two of them must never be listed at once. */
final class MemberRun {
    private static final String GROUP = "group";

    /** How many joins of one id the contenders have to reach. */
    private static final int JOINS = 5;

    private MemberRun() {}

    /** Without faults. */
    static void calm(Bench bench) {
        List<Node> nodes = RunNodes.calm(bench, 3);
        if (bench.inProcess()) {
            bench.simulated();
        }
        contend(bench, nodes, 12);
    }

    /** Faults strike two of three clients. */
    static void rough(Bench bench) {
        List<Node> nodes = new ArrayList<>();
        FaultStorm storm = RunNodes.rough(bench, nodes);
        storm.begin();
        try {
            contend(bench, nodes, 12);
        } finally {
            storm.end();
        }
    }

    /** Clients that contend for one id, again and again. */
    private static void contend(Bench bench, List<Node> nodes, int rounds) {
        List<KeepAlive> listed = new ArrayList<>();
        AtomicInteger joins = new AtomicInteger();
        int[] refused = {0};
        Rounds going = new Rounds(bench, rounds, () -> joins.get() >= JOINS);
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (Node node : nodes) {
            callers.add(bench.async(() -> {
                for (int i = 0; going.goOn(i); i++) {
                    KeepAlive mine;
                    try {
                        mine = bench.kit().crew().waiting(() -> join(bench, node));
                    } catch (DuplicateMemberException e) {
                        synchronized (listed) {
                            refused[0]++;
                        }
                        bench.pass(Duration.ofMillis(4));
                        continue;
                    } catch (io.sereno.NotAppliedException | io.sereno.OutcomeUnknownException e) {
                        bench.pass(Duration.ofMillis(10));
                        continue;
                    }
                    List<KeepAlive> others;
                    synchronized (listed) {
                        others = List.copyOf(listed);
                        listed.add(mine);
                        joins.incrementAndGet();
                    }
                    for (KeepAlive other : others) {
                        boolean before = isListed(mine);
                        boolean his = isListed(other);
                        bench.verify(
                                !(before && his && isListed(mine)),
                                () -> "two handles report that they are LISTED under one id, incarnations "
                                        + other.incarnation() + " and " + mine.incarnation());
                    }
                    bench.pass(Duration.ofMillis(5));
                    synchronized (listed) {
                        listed.remove(mine);
                    }
                    bench.kit().crew().waiting(() -> {
                        mine.close();
                        return true;
                    });
                }
                return true;
            }));
        }
        bench.join(callers, Duration.ofMinutes(2));
        bench.evidence("joins", joins.get(), JOINS);
        bench.evidence("joins that were refused", refused[0], 1);
    }

    private static KeepAlive join(Bench bench, Node node) throws InterruptedException {
        return node.sereno()
                .membership(GROUP)
                .join("seven", Node.steady(bench), Map.of("node", node.name()), IfPresent.FAIL);
    }

    private static boolean isListed(KeepAlive member) {
        return member.state() == KeepAlive.State.LISTED;
    }
}
