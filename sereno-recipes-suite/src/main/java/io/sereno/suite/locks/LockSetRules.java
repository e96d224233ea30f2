package io.sereno.suite.locks;

import io.sereno.Grant;
import io.sereno.LockSet;
import io.sereno.properties.LockedNames;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The locks over several names. */
public class LockSetRules {
    private static final String DOMAIN = "domain";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final int ROUNDS = 2;

    @Rule(value = "MLK-1", waits = true, check = "whether a request takes its names one after another")
    void allNamesAreGrantedAtOneMomentOrNone(Bench bench) {
        LockedNames property = new LockedNames();
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Grant held = acquire(first, property, "b");
        Calling<Grant> waiting = second.calls("acquire", () -> locks(second).acquire(inOrder("a", "b")));
        bench.verify(
                bench.reach(() -> queue(bench).live().size() >= 2, LONG),
                () -> waiting + " has not queued in " + Bench.text(LONG));
        bench.pass(Duration.ofMillis(300));
        bench.verify(!waiting.isDone(), () -> waiting + " was granted while another client holds one of its names");
        LockSet.View view = first.result("inspect", locks(first)::inspect);
        bench.same("names that are held", List.of(Set.of("b")), written(view.holders()));
        bench.same("names that are waited for", List.of(Set.of("a", "b")), written(view.waiters()));
        Optional<Grant> attempt =
                third.result("tryAcquire", () -> locks(third).tryAcquire(inOrder("c", "b"), Duration.ZERO));
        bench.verify(attempt.isEmpty(), () -> "two names were granted, one of which is held");
        first.run("release", held::release);
        Grant both = waiting.result(LONG);
        property.granted(both, Set.of("a", "b"), Set.of(), () -> true);
        bench.right(property.wrong());
        for (String name : List.of("a", "b")) {
            bench.verify(
                    third.result("tryAcquire", () -> locks(third).tryAcquire(Set.of(name), Duration.ZERO))
                            .isEmpty(),
                    () -> "'" + name + "' was granted twice");
        }
        second.run("release", both::release);
    }

    @Rule(value = "RWL-3", waits = true, check = "whether a request waits for entries that share no name with it")
    void requestsThatShareNoNameDoNotWait(Bench bench) {
        LockedNames property = new LockedNames();
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Grant held = acquire(first, property, "a", "b");
        Calling<Grant> waiting = second.calls("acquire", () -> locks(second).acquire(Set.of("b", "c")));
        queue(bench).await(bench, 2);
        Node third = Node.in(bench);
        Grant other = acquire(third, property, "d");
        bench.right(property.wrong());
        bench.verify(!waiting.isDone(), () -> waiting + " was granted while another client holds one of its names");
        third.run("release", other::release);
        first.run("release", held::release);
        second.run("release", waiting.result(LONG)::release);
    }

    /** Each waits for a name that the next one holds, if names are taken one after another. */
    @Rule(
            value = "MLK-2",
            waits = true,
            check = "whether callers who list the same names in other orders wait for each other")
    void requestsThatListNamesInAnyOrderDoNotDeadlock(Bench bench) {
        LockedNames property = new LockedNames();
        Node first = Node.in(bench);
        Grant all = acquire(first, property, "a", "b", "c");
        List<Calling<Boolean>> callers = new ArrayList<>();
        for (Set<String> names : List.of(inOrder("a", "b"), inOrder("b", "c"), inOrder("c", "a"))) {
            Node node = Node.in(bench);
            callers.add(node.calls("acquire " + names + " again and again", () -> {
                for (int i = 0; i < ROUNDS; i++) {
                    Grant grant = locks(node).acquire(names);
                    property.granted(grant, names, Set.of(), () -> true);
                    bench.right(property.wrong());
                    grant.release();
                }
                return true;
            }));
        }
        // They begin together, when all names become free.
        bench.verify(
                bench.reach(() -> queue(bench).live().size() >= callers.size() + 1, LONG),
                () -> "the callers have not queued in " + Bench.text(LONG));
        first.run("release", all::release);
        for (Calling<Boolean> caller : callers) {
            bench.same(caller + " was granted all", true, caller.result(LONG));
        }
        bench.right(property.wrong());
    }

    private static Set<String> inOrder(String... names) {
        return new LinkedHashSet<>(List.of(names));
    }

    private static LockSet locks(Node node) {
        return node.sereno().lockSet(DOMAIN);
    }

    private static Queues queue(Bench bench) {
        return new Queues(bench.judge(), "lockset/" + DOMAIN);
    }

    private static Grant acquire(Node node, LockedNames property, String... names) {
        Set<String> all = Set.of(names);
        Grant grant = node.calls("acquire", () -> locks(node).acquire(all)).result(LONG);
        property.granted(grant, all, Set.of(), () -> true);
        return grant;
    }

    private static List<Set<String>> written(List<LockSet.Request> requests) {
        return requests.stream().map(LockSet.Request::write).toList();
    }
}
