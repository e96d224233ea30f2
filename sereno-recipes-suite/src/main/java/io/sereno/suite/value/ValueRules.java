package io.sereno.suite.value;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The shared value, on a store without faults. */
public class ValueRules {
    static final Codec<Long> NUMBERS = Codec.of(
            number -> Codec.utf8().encode(Long.toString(number)),
            octets -> Long.valueOf(Codec.utf8().decode(octets)));

    private static final String NAME = "value";
    private static final Duration LONG = Duration.ofSeconds(30);

    static SharedValue<Long> value(Node node) {
        return node.sereno().value(NAME, NUMBERS);
    }

    @Rule(value = "SHV-1", waits = true, check = "COM-1 and COM-4: what a change is conditioned on")
    void eachMethodReturnsTheDocumentedResult(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        SharedValue<Long> mine = value(node);
        SharedValue<Long> theirs = value(other);
        bench.same("get of a value that nobody has set", Optional.empty(), node.result("get", mine::get));
        bench.same("setIfAbsent(1)", true, node.result("setIfAbsent", () -> mine.setIfAbsent(1L)));
        bench.same("setIfAbsent(2) at 1", false, other.result("setIfAbsent", () -> theirs.setIfAbsent(2L)));
        bench.same("get after that", 1L, number(other));
        other.run("set(5)", () -> theirs.set(5L));
        Versioned<Long> five = node.result("get", mine::get).orElseThrow();
        other.run("set(6)", () -> theirs.set(6L));
        bench.same("compareAndSet of a former version", false, node.result("cas", () -> mine.compareAndSet(five, 7L)));
        other.run("set(5) again", () -> theirs.set(5L));
        bench.same(
                "compareAndSet of a former version with the present value",
                false,
                node.result("cas", () -> mine.compareAndSet(five, 7L)));
        Versioned<Long> again = node.result("get", mine::get).orElseThrow();
        bench.same("compareAndSet of the version", true, other.result("cas", () -> theirs.compareAndSet(again, 8L)));
        bench.same(
                "the version of a compareAndSet after it",
                false,
                node.result("cas", () -> mine.compareAndSet(again, 9L)));
        bench.same(
                "updateAndGet to twice the value from 8",
                16L,
                node.result("updateAndGet", () -> mine.updateAndGet(before -> 2 * before.orElseThrow())));
        other.run(
                "setAsync(17)", () -> theirs.setAsync(17L).toCompletableFuture().get());
        Versioned<Long> last = node.result("get", mine::get).orElseThrow();
        bench.same("get after setAsync(17)", 17L, last.value());
        bench.same("the number of changes", 7L, last.change());
        node.run("delete", mine::delete);
        bench.same("get after the deletion", Optional.empty(), other.result("get", theirs::get));
        bench.same(
                "compareAndSet of a version that was deleted",
                false,
                other.result("cas", () -> theirs.compareAndSet(last, 3L)));
        bench.same(
                "updateAndGet from no value",
                4L,
                other.result("updateAndGet", () -> theirs.updateAndGet(before -> before.isEmpty() ? 4L : 0L)));
        bench.verify(
                number(node) == 4 && node.result("get", mine::get).orElseThrow().incarnation() > last.incarnation(),
                () -> "a value that was deleted and set again has an incarnation that is not greater");
    }

    /** Changes that are made at the same time share commits, and count as one change each. */
    @Rule(value = "SHV-1", waits = true, check = "COM-4: that all entries of a commit get its revision")
    void eachChangeMakesAVersion(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        SharedValue<Long> mine = value(node);
        node.run("set", () -> mine.set(0L));
        Versioned<Long> first = node.result("get", mine::get).orElseThrow();
        List<CompletableFuture<Void>> changes = new ArrayList<>();
        for (long i = 1; i <= 40; i++) {
            changes.add(mine.setAsync(i).toCompletableFuture());
        }
        Calling<Boolean> exchange = node.calls("compareAndSet", () -> mine.compareAndSet(first, 77L));
        changes.forEach(change ->
                bench.verify(bench.reach(change::isDone, LONG), () -> "setAsync has not completed after " + LONG));
        boolean exchanged = exchange.result(LONG);
        Versioned<Long> last = other.result("get", value(other)::get).orElseThrow();
        bench.same("the value after 40 changes of one caller", 40L, last.value());
        bench.same("the number of changes", exchanged ? 42L : 41L, last.change());
    }

    private static long number(Node node) {
        return node.result("get", value(node)::get).orElseThrow().value();
    }

    @Rule(value = "SHV-2", waits = true, check = "READ-1 and WAT-1: whether a change is announced, and then read")
    void aCacheShowsOwnChangesAtOnceAndOthersSoon(Bench bench) {
        Node node = Node.in(bench).awaitSession();
        Node other = Node.in(bench);
        SharedValue<Long> mine = value(node);
        SharedValue<Long> theirs = value(other);
        try (CachedValue<Long> cached = node.result("cached", mine::cached)) {
            bench.same("the cache of no value", Optional.empty(), cached.get());
            bench.same("whether it is current", true, cached.isCurrent());
            for (long i = 1; i <= 10; i++) {
                long number = i;
                node.run("set " + number, () -> mine.set(number));
                bench.same("the cache when set(" + number + ") has returned", number, shown(cached));
                long from = bench.now();
                other.run("set " + -number, () -> theirs.set(-number));
                bench.verify(
                        bench.reach(() -> shown(cached) == -number, LONG),
                        () -> "another client has set " + -number + ", and the cache shows " + cached.get());
                bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the change of another client");
            }
            node.run("delete", mine::delete);
            bench.same("the cache when delete() has returned", Optional.empty(), cached.get());
            node.run("set", () -> mine.set(5L));
            bench.same("the cache when the value has been set again", 5L, shown(cached));
            bench.same("whether it is current", true, cached.isCurrent());
        }
    }

    private static long shown(CachedValue<Long> cached) {
        return cached.get().map(Versioned::value).orElse(0L);
    }

    @Rule(value = "SHV-3", waits = true, check = "WAT-1: whether the last change is announced")
    void aListenerGetsStatesInOrderAndTheLastOne(Bench bench) throws Exception {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        List<Versioned<Long>> received = new ArrayList<>();
        List<Long> latest = new ArrayList<>();
        try (Subscription subscription = other.result(
                "onChange",
                () -> value(other).onChange(state -> {
                    synchronized (received) {
                        state.ifPresent(received::add);
                        latest.add(state.map(Versioned::value).orElse(0L));
                    }
                    bench.stir();
                }))) {
            // Two in each round: the second may come while the listener handles the first.
            int rounds = 15;
            for (long round = 1; round <= rounds; round++) {
                long number = 2 * round;
                node.run("set", () -> value(node).set(number - 1));
                node.run("set", () -> value(node).set(number));
                long from = bench.now();
                bench.verify(
                        bench.reach(() -> last(received, latest) == number, LONG),
                        () -> "the last value is " + number + ", and the listener received " + latest);
                bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the notice of the last value");
            }
            bench.pass(Duration.ofMillis(200));
            synchronized (received) {
                bench.same(
                        "the events",
                        received.stream()
                                .map(Versioned::change)
                                .sorted()
                                .distinct()
                                .toList(),
                        received.stream().map(Versioned::change).toList());
                bench.evidence("values received", received.size(), rounds);
            }
            node.run("delete", value(node)::delete);
            bench.verify(
                    bench.reach(() -> last(received, latest) == 0, LONG),
                    () -> "it was deleted, and the listener received " + latest);
            bench.verify(!subscription.ended().toCompletableFuture().isDone(), () -> "the subscription has ended");
        }
    }

    private static long last(Object lock, List<Long> received) {
        synchronized (lock) {
            return received.isEmpty() ? -1 : received.get(received.size() - 1);
        }
    }

    @Rule(
            value = "SHV-4",
            waits = true,
            check = "READ-1 and WAT-1: whether a wait reads the value, and is notified of a change")
    void aWaitEndsWhenTheConditionHolds(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        node.run("set", () -> value(node).set(1L));
        bench.same(
                "await of what is there",
                true,
                other.result("await", () -> value(other).await(number -> number == 1, Duration.ZERO)));
        bench.same(
                "await of what is not there",
                false,
                other.result("await", () -> value(other).await(number -> number == 2, Duration.ZERO)));
        try (CachedValue<Long> cached = other.result("cached", value(other)::cached)) {
            for (long i = 2; i <= 12; i++) {
                long wanted = i;
                Calling<Boolean> waiting =
                        other.calls("await " + wanted, () -> value(other).await(number -> number >= wanted, LONG));
                if (wanted % 2 == 0) {
                    bench.verify(
                            bench.reach(waiting::isParked, bench.patience()),
                            () -> "await of " + wanted + " is " + waiting);
                }
                long from = bench.now();
                node.run("set", () -> value(node).set(wanted));
                bench.same("await of " + wanted, true, waiting.result(LONG));
                bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the end of the wait");
                // A former value, which the cache may still show, does not count.
                bench.same(
                        "await of a former value",
                        false,
                        other.result("await", () -> value(other).await(number -> number == wanted - 1, Duration.ZERO)));
                bench.same("the cache after that", wanted, shown(cached));
            }
        }
        Calling<Boolean> vain =
                other.calls("await", () -> value(other).await(number -> number < 0, Duration.ofMillis(300)));
        bench.same("await of what does not come", false, vain.result(LONG));
    }
}
