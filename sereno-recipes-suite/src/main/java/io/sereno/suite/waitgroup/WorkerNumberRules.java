package io.sereno.suite.waitgroup;

import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.util.List;

/** The numbers of workers, on a store without faults. */
public class WorkerNumberRules {
    private static final String NAME = "group";

    @Rule(value = "WGP-10", check = "COM-11: numbers are given by compare-and-set of the header")
    void aWorkerGetsTheLeastNumberThatIsFree(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup(NAME);
        WaitGroup there = other.sereno().waitGroup(NAME);
        node.run("add 4", () -> group.add(4, OnLostWorker.REOPEN));
        Worker first = node.result("join", group::join);
        Worker second = other.result("join", there::join);
        Worker third = node.result("join", group::join);
        bench.same(
                "the numbers of three workers",
                List.of(1, 2, 3),
                List.of(first.number(), second.number(), third.number()));
        node.run("done", first::done);
        other.run("close", second::close);
        Worker again = node.result("join", group::join);
        bench.same("the number after 1 was done and 2 was given back", 2, again.number());
        Worker last = other.result("join", there::join);
        bench.same("the number of the last worker", 4, last.number());
        bench.same("the number of a worker that stayed", 3, third.number());
        for (Worker worker : List.of(again, third)) {
            node.run("done", worker::done);
        }
        other.run("done", last::done);
        node.run("add 1", () -> group.add(1));
        Worker next = node.result("join", group::join);
        bench.same("the first number of the next generation", 1, next.number());
        node.run("done", next::done);
    }
}
