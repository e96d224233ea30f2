package io.sereno.recipes.permits;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of operations on a pool, against a model in plain lists: who has permits, and who waits in which client. After each operation exactly
 * those have permits that the model says. So nobody is granted too early, and nobody is forgotten until a tick.
 */
class PermitsAgainstAModelTest {
    private static final int SEQUENCES = 400;
    private static final int OPERATIONS = 80;
    private static final int CLIENTS = 3;
    private static final int CALLERS_OF_EACH = 3;
    private static final int LIMIT = 4;

    /** A caller with one request at a time. */
    private static final class Caller {
        private final int client;
        private final PermitPoolRecipe pool;
        private int weight;
        private @Nullable PermitRequest request;
        private @Nullable PoolQueue queue;

        Caller(int client, PermitPoolRecipe pool) {
            this.client = client;
            this.pool = pool;
        }

        void ask(int permits, boolean onlyIfFree) {
            weight = permits;
            queue = pool.queue("acquire");
            request = pool.request(queue, "acquire", permits, onlyIfFree, onlyIfFree ? Bench.OPERATION_TIMEOUT : null);
        }

        @Nullable
        Hold hold() {
            return request == null
                            || !request.result().isDone()
                            || request.result().isCompletedExceptionally()
                    ? null
                    : request.result().join().orElse(null);
        }

        boolean isRefused() {
            return request != null && request.result().isCompletedExceptionally();
        }

        void release() {
            Objects.requireNonNull(hold()).close();
        }

        void withdraw() {
            var unused = Objects.requireNonNull(queue).withdraw(Objects.requireNonNull(request));
        }
    }

    /**
     * The pool in plain lists. No store, and nothing takes time. If several clients put a place at the same moment, their order is that in which they have
     * done so.
     */
    private static final class Model {
        private final ToLongFunction<Caller> position;
        private int limit = LIMIT;
        private final List<Caller> holding = new ArrayList<>();
        /** One of each client at most. */
        private final List<Caller> queued = new ArrayList<>();

        private final List<Deque<Caller>> behind = new ArrayList<>();

        Model(ToLongFunction<Caller> position) {
            this.position = position;
            for (int client = 0; client < CLIENTS; client++) {
                behind.add(new ArrayDeque<>());
            }
        }

        boolean waits(Caller caller) {
            return queued.contains(caller) || behind.get(caller.client).contains(caller);
        }

        private static int sum(List<Caller> callers) {
            return callers.stream().mapToInt(caller -> caller.weight).sum();
        }

        private boolean isQueued(int client) {
            return queued.stream().anyMatch(caller -> caller.client == client);
        }

        void ask(Caller caller) {
            behind.get(caller.client).add(caller);
        }

        void tryNow(Caller caller) {
            if (!isQueued(caller.client) && sum(holding) + sum(queued) + caller.weight <= limit) {
                holding.add(caller);
            }
        }

        void release(Caller caller) {
            holding.remove(caller);
        }

        void withdraw(Caller caller) {
            behind.get(caller.client).remove(caller);
            Caller next = behind.get(caller.client).peek();
            if (queued.contains(caller) && next != null && next.weight == caller.weight) {
                queued.set(queued.indexOf(caller), behind.get(caller.client).remove());
            } else {
                queued.remove(caller);
            }
        }

        void limit(int to) {
            limit = to;
        }

        /** Takes those out that were refused, puts the first of each client into the queue, and serves the queue in order until one does not fit. */
        void settle() {
            boolean served = true;
            while (served) {
                served = queued.removeIf(caller -> caller.isRefused() && caller.weight > limit);
                for (int client = 0; client < CLIENTS; client++) {
                    behind.get(client).removeIf(caller -> caller.isRefused() && caller.weight > limit);
                    if (!isQueued(client) && !behind.get(client).isEmpty()) {
                        queued.add(behind.get(client).remove());
                    }
                }
                queued.sort(Comparator.comparingLong(position));
                if (!queued.isEmpty() && sum(holding) + queued.get(0).weight <= limit) {
                    holding.add(queued.remove(0));
                    served = true;
                }
            }
        }
    }

    @Test
    void exactlyThoseHavePermitsThatTheModelSays() {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> trace = new ArrayList<>();
        List<Caller> callers = new ArrayList<>();
        try (Bench bench = new Bench("semaphore/x", Notices.EXACT)) {
            Model model = new Model(caller -> position(bench, caller));
            for (int client = 0; client < CLIENTS; client++) {
                Bench.Node node = bench.connect("node-" + client);
                node.client().open();
                for (int i = 0; i < CALLERS_OF_EACH; i++) {
                    callers.add(new Caller(client, new PermitPoolRecipe(node.client(), "x", LIMIT, bench.directory())));
                }
            }
            for (int i = 0; i < OPERATIONS; i++) {
                int index = random.nextInt(callers.size());
                Caller caller = callers.get(index);
                trace.add(index + " of node-" + caller.client + " " + act(caller, model, random));
                settle(bench);
                model.settle();
                compare(bench, callers, model, seed, trace);
            }
        }
    }

    /** Long enough for all requests, which take no time, and far shorter than a tick. */
    private static void settle(Bench bench) {
        Duration until = bench.time.elapsed().plus(Duration.ofMillis(5));
        while (bench.step(until)) {}
    }

    /** The createRevision of the caller's place; only one place of a client waits. */
    private static long position(Bench bench, Caller caller) {
        Hold hold = caller.hold();
        return hold != null
                ? hold.fencingToken() / 1_024
                : waiting(bench).stream()
                        .filter(entry -> Card.decode(entry.value()).nodeId().equals("node-" + caller.client))
                        .mapToLong(Entry::createRevision)
                        .findFirst()
                        .orElse(Long.MAX_VALUE);
    }

    private static List<Entry> places(Bench bench) {
        return View.queue(new Snapshot(bench.entries("semaphore/x"), false));
    }

    private static List<Entry> waiting(Bench bench) {
        return places(bench).stream().filter(entry -> !Weight.of(entry).held()).toList();
    }

    private static String act(Caller caller, Model model, SplittableRandom random) {
        if (random.nextInt(12) == 0) {
            int limit = random.nextInt(LIMIT + 3);
            model.limit(limit);
            var unused = caller.pool.changeLimit(limit);
            return "changes the limit to " + limit;
        }
        if (model.holding.contains(caller)) {
            model.release(caller);
            caller.release();
            return "releases";
        }
        if (model.waits(caller)) {
            if (random.nextInt(3) > 0) {
                return "waits on";
            }
            model.withdraw(caller);
            caller.withdraw();
            return "withdraws";
        }
        int weight = random.nextInt(3) == 0 ? 1 + random.nextInt(LIMIT) : 1;
        boolean onlyIfFree = random.nextInt(4) == 0;
        caller.ask(weight, onlyIfFree);
        if (onlyIfFree) {
            model.tryNow(caller);
        } else {
            model.ask(caller);
        }
        return (onlyIfFree ? "tries " : "wants ") + weight;
    }

    private static void compare(Bench bench, List<Caller> callers, Model model, long seed, List<String> trace) {
        List<Integer> expected = new ArrayList<>();
        List<Integer> holding = new ArrayList<>();
        for (int i = 0; i < callers.size(); i++) {
            Hold hold = callers.get(i).hold();
            if (hold != null && hold.isHeld()) {
                holding.add(i);
            }
            if (model.holding.contains(callers.get(i))) {
                expected.add(i);
            }
            assertThat(callers.get(i).isRefused() && model.waits(callers.get(i)))
                    .as("whether %s was refused within the limit, seed %s, after %s", i, seed, trace)
                    .isFalse();
        }
        assertThat(holding)
                .as("who has permits, seed %s, after %s", seed, trace)
                .isEqualTo(expected);
        assertThat(places(bench))
                .as("the places, seed %s, after %s", seed, trace)
                .hasSize(model.holding.size() + model.queued.size());
        assertThat(waiting(bench).stream().map(entry -> (int) Weight.of(entry).permits()))
                .as("the places that wait, seed %s, after %s", seed, trace)
                .containsExactlyElementsOf(
                        model.queued.stream().map(caller -> caller.weight).toList());
    }
}
