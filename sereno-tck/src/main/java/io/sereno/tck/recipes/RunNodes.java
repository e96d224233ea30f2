package io.sereno.tck.recipes;

import io.sereno.tck.history.Recorder;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.SlowNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The clients of a run of the recipes. */
final class RunNodes {
    private RunNodes() {}

    /** So many clients without faults. Where the store is in this process, their requests take a random time. */
    static List<Node> calm(Bench bench, int count) {
        Random random = new Random(bench.random().nextLong());
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(Node.in(
                    bench,
                    Node.steady(bench),
                    backend -> bench.inProcess() ? SlowNetwork.over(bench, backend, random) : backend));
        }
        return nodes;
    }

    /** Adds two clients that the storm will strike when it begins, and one that it will not. */
    static FaultStorm rough(Bench bench, List<Node> nodes) {
        for (int i = 0; i < 2; i++) {
            nodes.add(Node.breakable(bench, Node.steady(bench)));
        }
        FaultStorm storm = storm(bench, nodes);
        nodes.add(Node.in(bench));
        return storm;
    }

    /** A series of faults at these nodes. */
    static FaultStorm storm(Bench bench, List<Node> nodes) {
        List<Faulty> struck =
                nodes.stream().flatMap(node -> node.faulty().stream()).toList();
        return new FaultStorm(
                struck,
                struck.stream().map(one -> one.client().toString()).toList(),
                bench,
                new Random(bench.random().nextLong()),
                new Recorder(bench.time()));
    }
}
