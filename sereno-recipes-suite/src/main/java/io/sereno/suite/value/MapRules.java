package io.sereno.suite.value;

import io.sereno.CachedMap;
import io.sereno.SharedMap;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** The shared map, on a store without faults. */
public class MapRules {
    private static final String NAME = "map";
    private static final Duration LONG = Duration.ofSeconds(30);

    static SharedMap<Long> map(Node node) {
        return node.sereno().map(NAME, ValueRules.NUMBERS);
    }

    private static Map<String, Long> numbers(Map<String, Versioned<Long>> state) {
        Map<String, Long> numbers = new TreeMap<>();
        state.forEach((key, value) -> numbers.put(key, value.value()));
        return numbers;
    }

    @Rule(value = "SHM-1", waits = true, check = "COM-1 and NAM-1: what a commit to one entry does to another")
    void keysAreIndependent(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        List<String> keys = List.of("a", "A", "ab", "a/b", "a%2Fb", "k-a", "\u00e9", "\ud83d\ude00");
        Map<String, Long> all = new TreeMap<>();
        for (int i = 0; i < keys.size(); i++) {
            String key = keys.get(i);
            long number = i;
            node.run("set " + key, () -> map(node).at(key).set(number));
            all.put(key, number);
        }
        bench.same("all values", all, numbers(other.result("getAll", map(other)::getAll)));
        Map<String, Versioned<Long>> before = other.result("getAll", map(other)::getAll);
        node.run("delete", () -> map(node).at("a").delete());
        bench.same(
                "a value that was deleted",
                Optional.empty(),
                other.result("get", map(other).at("a")::get));
        Map<String, Versioned<Long>> rest = new TreeMap<>(before);
        rest.remove("a");
        bench.same("all values after the deletion of one", rest, other.result("getAll", map(other)::getAll));
        Versioned<Long> known = Objects.requireNonNull(before.get("ab"));
        bench.same(
                "compareAndSet of a key after others have changed",
                true,
                other.result("cas", () -> map(other).at("ab").compareAndSet(known, 77L)));
        bench.same(
                "setIfAbsent of the key that was deleted",
                true,
                other.result("setIfAbsent", () -> map(other).at("a").setIfAbsent(78L)));
        bench.same("another map", Map.of(), node.result("getAll", node.sereno().map("a", ValueRules.NUMBERS)::getAll));
    }

    @Rule(value = "SHM-2", waits = true, check = "READ-1 and WAT-1: whether a notice names the entry that was changed")
    void aCacheShowsOwnChangesAtOnceAndOthersSoon(Bench bench) {
        Node node = Node.in(bench).awaitSession();
        Node other = Node.in(bench);
        try (CachedMap<Long> cached = node.result("cached", map(node)::cached)) {
            for (long i = 1; i <= 8; i++) {
                long number = i;
                String key = "k" + i % 3;
                node.run("set", () -> map(node).at(key).set(number));
                bench.same("the cache after an own change", Optional.of(number), shown(cached, key));
                long from = bench.now();
                other.run("set", () -> map(other).at(key).set(100 + number));
                bench.verify(
                        bench.reach(() -> shown(cached, key).equals(Optional.of(100 + number)), LONG),
                        () -> "another client has set " + key + " to " + (100 + number) + ", and the cache shows "
                                + cached.getAll());
                bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the notice of a change");
            }
            other.run("delete", map(other).at("k1")::delete);
            bench.verify(
                    bench.reach(() -> shown(cached, "k1").isEmpty(), LONG),
                    () -> "k1 was deleted, and the cache shows " + cached.getAll());
            bench.same(
                    "the other keys",
                    List.of("k0", "k2"),
                    List.copyOf(cached.getAll().keySet()));
            node.run("delete", map(node)::delete);
            bench.same("the cache after an own deletion of all", Map.of(), cached.getAll());
            bench.verify(cached.isCurrent(), () -> "a cache is not current, and the store is in reach");
        }
    }

    private static Optional<Long> shown(CachedMap<Long> cached, String key) {
        return cached.get(key).map(Versioned::value);
    }

    @Rule(value = "SHM-3", waits = true, check = "WAT-1 and WAT-4: whether the last of several changes is announced")
    void aListenerGetsStatesInOrderAndTheLastOne(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        List<Map<String, Long>> received = new ArrayList<>();
        try (Subscription subscription = other.result(
                "onChange",
                () -> map(other).onChange(state -> {
                    synchronized (received) {
                        received.add(numbers(state));
                    }
                    bench.stir();
                }))) {
            Map<String, Long> all = new TreeMap<>();
            for (long round = 1; round <= 12; round++) {
                long number = round;
                // Two in each round: the second may come while the listener handles the first.
                for (String key : List.of("a", "b" + round % 2)) {
                    node.run("set", () -> map(node).at(key).set(number));
                    all.put(key, number);
                }
                long from = bench.now();
                bench.verify(
                        bench.reach(() -> all.equals(last(received)), LONG),
                        () -> "the map is " + all + ", and the listener received " + last(received) + " at last");
                bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the notice of the last change");
            }
            node.run("delete", map(node).at("b0")::delete);
            all.remove("b0");
            bench.verify(
                    bench.reach(() -> all.equals(last(received)), LONG),
                    () -> "b0 was deleted, and the listener received " + last(received) + " at last");
            bench.pass(Duration.ofMillis(200));
            synchronized (received) {
                List<Long> ofOne = received.stream()
                        .map(state -> state.getOrDefault("a", 0L))
                        .toList();
                bench.same(
                        "the states of one key, in order",
                        ofOne.stream().sorted().toList(),
                        ofOne);
                bench.evidence("states received", received.size(), 12);
            }
            bench.verify(!subscription.ended().toCompletableFuture().isDone(), () -> "the subscription has ended");
        }
    }

    private static Map<String, Long> last(List<Map<String, Long>> received) {
        synchronized (received) {
            return received.isEmpty() ? Map.of() : received.get(received.size() - 1);
        }
    }

    @Rule(
            value = "SHM-3",
            waits = true,
            check = "READ-1 and WAT-1: whether a wait reads the map, and is notified of a change")
    void aWaitEndsWhenTheConditionHolds(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        for (int i = 1; i <= 6; i++) {
            int wanted = i;
            bench.same(
                    "await of what is not there",
                    false,
                    other.result("await", () -> map(other).await(all -> all.size() == wanted, Duration.ZERO)));
            Calling<Boolean> waiting =
                    other.calls("await " + wanted, () -> map(other).await(all -> all.size() >= wanted, LONG));
            if (wanted % 2 == 0) {
                bench.verify(
                        bench.reach(waiting::isParked, bench.patience()),
                        () -> "await of " + wanted + " is " + waiting);
            }
            long from = bench.now();
            node.run("set", () -> map(node).at("key " + wanted).set(1L));
            bench.same("await of " + wanted, true, waiting.result(LONG));
            bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the end of the wait");
        }
    }

    @Rule(value = "SHM-4", waits = true, check = "COM-1 and READ-5: whether a read by pages shows all entries")
    void aDeletionDeletesAllThatIsThere(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        for (int i = 0; i < 70; i++) {
            String key = "key " + i;
            node.run("set", () -> map(node).at(key).set(1L));
        }
        bench.same(
                "the number of values",
                70,
                other.result("getAll", map(other)::getAll).size());
        other.run("delete", map(other)::delete);
        bench.same("all values after the deletion", Map.of(), node.result("getAll", map(node)::getAll));
        node.run("set", () -> map(node).at("key 7").set(2L));
        bench.same(
                "all values after one was set again",
                Map.of("key 7", 2L),
                numbers(other.result("getAll", map(other)::getAll)));
    }
}
