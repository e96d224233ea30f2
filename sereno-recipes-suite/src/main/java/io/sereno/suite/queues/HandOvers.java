package io.sereno.suite.queues;

import io.sereno.Right;
import io.sereno.spi.Backend;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.History;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;

/** What it costs to hand a right over from one waiting client to the next. */
public final class HandOvers {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** How many waiters share a connection that counts requests. */
    private static final int SHARING = 10;

    private HandOvers() {}

    /**
     * Requires that a hand-over among many waiters costs no more than among few.
     *
     * @param kind the first part of the directory of a queue
     * @param acquire of a client, by the name of the queue; one right is given out at a time
     */
    public static void requireFlat(
            Bench bench, String kind, BiFunction<Node, String, Callable<? extends Right>> acquire) {
        long few = cost(bench, kind, "few", 3, acquire);
        long many = cost(bench, kind, "many", 20, acquire);
        bench.verify(
                many <= few + few / 2 + 3,
                () -> "a hand-over among 20 waiters costs " + many + " requests and notices, among 3 it costs " + few
                        + "; it must not grow with the queue");
        bench.count("requests and notices for one hand-over", many);
    }

    /** One waiter for each client, over connections that count requests. */
    private static long cost(
            Bench bench,
            String kind,
            String name,
            int waiters,
            BiFunction<Node, String, Callable<? extends Right>> acquire) {
        Recorder recorder = new Recorder(bench.time());
        // A store may give one client few leases.
        List<Backend> counted = new ArrayList<>();
        for (int i = 0; i < waiters; i += SHARING) {
            counted.add(recorder.record("all-" + i, bench.client().witnessed()));
        }
        Queues queue = new Queues(bench.judge(), kind + "/" + name);
        Node holder = Node.in(bench);
        Right held = holder.calls("acquire", acquire.apply(holder, name)).result(LONG);
        List<Node> nodes = new ArrayList<>();
        List<Calling<? extends Right>> waiting = new ArrayList<>();
        for (int i = 0; i < waiters; i++) {
            Node node = Node.over(bench, name + i, counted.get(i / SHARING), Node.steady(bench));
            nodes.add(node);
            waiting.add(node.calls("acquire", acquire.apply(node, name)));
            queue.await(bench, i + 2);
        }
        bench.pass(Duration.ofMillis(200));
        long before = traffic(recorder.history(), queue.directory());
        holder.run("release", held::release);
        for (int i = 0; i < waiters; i++) {
            Right right = waiting.get(i).result(LONG);
            nodes.get(i).run("release", right::release);
        }
        bench.pass(Duration.ofMillis(200));
        return (traffic(recorder.history(), queue.directory()) - before + waiters - 1) / waiters;
    }

    private static long traffic(History history, String directory) {
        Set<Integer> watches = new HashSet<>();
        long requests = 0;
        for (var operation : history.operations()) {
            if (operation.call() instanceof Call.OpenWatch watch
                    && watch.target().directory().equals(directory)) {
                watches.add(watch.watch());
                requests++;
            } else if (operation.call() instanceof Call.Read read
                    && read.query().directory().equals(directory)) {
                requests++;
            } else if (operation.call() instanceof Call.Commit commit
                    && commit.commit().directory().equals(directory)) {
                requests++;
            }
        }
        return requests
                + history.notices().stream()
                        .filter(notice -> watches.contains(notice.watch()))
                        .count();
    }
}
