package io.sereno.suite.queues;

import io.sereno.Right;
import io.sereno.spi.Backend;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.History;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

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
        History before = recorder.history();
        long notified = 0;
        History seen = before;
        holder.run("release", held::release);
        for (int i = 0; i < waiters; i++) {
            Right right = waiting.get(i).result(LONG);
            nodes.get(i).run("release", right::release);
            if (i == waiters - 1) {
                bench.pass(Duration.ofMillis(200));
            }
            History now = recorder.history();
            notified += notified(now, seen.notices().size(), queue.directory());
            seen = now;
        }
        long requests = requests(seen, queue.directory()) - requests(before, queue.directory());
        return (requests + notified + waiters - 1) / waiters;
    }

    private static long requests(History history, String directory) {
        return history.operations().stream()
                .filter(operation -> isTo(directory, operation.call()))
                .count();
    }

    private static boolean isTo(String directory, Call call) {
        if (call instanceof Call.OpenWatch watch) {
            return watch.target().directory().equals(directory);
        }
        if (call instanceof Call.Read read) {
            return read.query().directory().equals(directory);
        }
        return call instanceof Call.Commit commit && commit.commit().directory().equals(directory);
    }

    /**
     * How many watches were notified during one hand-over. A watch counts once: a store may announce one change several times, and it may announce entries
     * that did not change when a watch begins. Their number may grow with the queue where one waiter watches the directory.
     */
    private static long notified(History history, int from, String directory) {
        Set<Integer> watches = history.operations().stream()
                .map(Operation::call)
                .filter(call -> call instanceof Call.OpenWatch && isTo(directory, call))
                .map(call -> ((Call.OpenWatch) call).watch())
                .collect(Collectors.toSet());
        return history.notices().subList(from, history.notices().size()).stream()
                .map(History.Notice::watch)
                .filter(watches::contains)
                .distinct()
                .count();
    }
}
