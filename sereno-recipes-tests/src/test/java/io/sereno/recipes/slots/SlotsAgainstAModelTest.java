package io.sereno.recipes.slots;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of operations on a pool, against a model in plain lists: who has which number, and who waits in which client. After each operation
 * exactly those have slots that the model says. So nobody is granted too early, and nobody is forgotten until a tick. Callers know different counts.
 */
class SlotsAgainstAModelTest {
    private static final int SEQUENCES = 400;
    private static final int OPERATIONS = 80;
    private static final int CLIENTS = 3;
    private static final int CALLERS_OF_EACH = 3;
    private static final int COUNT = 4;

    /** A caller with one request at a time. */
    private static final class Caller {
        private final int client;
        private final int count;
        private final SlotPoolRecipe pool;
        private int preferred = SlotRequest.NONE;
        private @Nullable SlotRequest request;
        private @Nullable PoolQueue queue;

        Caller(int client, int count, SlotPoolRecipe pool) {
            this.client = client;
            this.count = count;
            this.pool = pool;
        }

        void ask(int number, boolean onlyIfFree) {
            preferred = number;
            queue = pool.queue("acquire");
            request = pool.request(queue, "acquire", number, onlyIfFree, onlyIfFree ? Bench.OPERATION_TIMEOUT : null);
        }

        @Nullable
        Hold hold() {
            return request == null || !request.result().isDone()
                    ? null
                    : request.result().join().orElse(null);
        }

        int number() {
            return Objects.requireNonNull(request).number();
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
        private final Map<Integer, Caller> holding = new HashMap<>();
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

        private boolean isQueued(int client) {
            return queued.stream().anyMatch(caller -> caller.client == client);
        }

        void ask(Caller caller) {
            behind.get(caller.client).add(caller);
        }

        void tryNow(Caller caller) {
            if (queued.isEmpty()) {
                take(caller);
            }
        }

        /** False if none of its numbers is free. */
        private boolean take(Caller caller) {
            int number = holding.containsKey(caller.preferred) ? SlotRequest.NONE : caller.preferred;
            for (int least = 0; number < 0 && least < caller.count; least++) {
                number = holding.containsKey(least) ? SlotRequest.NONE : least;
            }
            if (number >= 0) {
                holding.put(number, caller);
            }
            return number >= 0;
        }

        void release(Caller caller) {
            holding.values().remove(caller);
        }

        void withdraw(Caller caller) {
            behind.get(caller.client).remove(caller);
            Caller next = behind.get(caller.client).peek();
            boolean alike = next != null && next.count == caller.count && next.preferred == caller.preferred;
            if (queued.contains(caller) && alike) {
                queued.set(queued.indexOf(caller), behind.get(caller.client).remove());
            } else {
                queued.remove(caller);
            }
        }

        /** Puts the first of each client into the queue, and serves the queue in order until one has to wait. */
        void settle() {
            boolean served = true;
            while (served) {
                for (int client = 0; client < CLIENTS; client++) {
                    if (!isQueued(client) && !behind.get(client).isEmpty()) {
                        queued.add(behind.get(client).remove());
                    }
                }
                queued.sort(Comparator.comparingLong(position));
                served = !queued.isEmpty() && take(queued.get(0));
                if (served) {
                    queued.remove(0);
                }
            }
        }
    }

    @Test
    void exactlyThoseHaveSlotsThatTheModelSays() {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> trace = new ArrayList<>();
        List<Caller> callers = new ArrayList<>();
        try (Bench bench = new Bench("slots/x", Notices.EXACT)) {
            Model model = new Model(caller -> position(bench, caller));
            for (int client = 0; client < CLIENTS; client++) {
                Bench.Node node = bench.connect("node-" + client);
                node.client().open();
                for (int i = 0; i < CALLERS_OF_EACH; i++) {
                    int count = i == 2 ? COUNT - 2 : COUNT;
                    callers.add(new Caller(
                            client, count, new SlotPoolRecipe(node.client(), "x", count, bench.directory())));
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
                : places(bench).stream()
                        .filter(SlotPoolRecipe::waits)
                        .filter(entry -> Card.decode(entry.value()).nodeId().equals("node-" + caller.client))
                        .mapToLong(Entry::createRevision)
                        .findFirst()
                        .orElse(Long.MAX_VALUE);
    }

    private static List<Entry> places(Bench bench) {
        return View.queue(new Snapshot(bench.entries("slots/x"), false));
    }

    private static String act(Caller caller, Model model, SplittableRandom random) {
        if (model.holding.containsValue(caller)) {
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
        int preferred = random.nextInt(3) == 0 ? random.nextInt(caller.count) : SlotRequest.NONE;
        boolean onlyIfFree = random.nextInt(4) == 0;
        caller.ask(preferred, onlyIfFree);
        if (onlyIfFree) {
            model.tryNow(caller);
        } else {
            model.ask(caller);
        }
        return (onlyIfFree ? "tries " : "wants ") + preferred + " of " + caller.count;
    }

    private static void compare(Bench bench, List<Caller> callers, Model model, long seed, List<String> trace) {
        Map<Integer, Integer> expected = new HashMap<>();
        Map<Integer, Integer> holding = new HashMap<>();
        for (int i = 0; i < callers.size(); i++) {
            Caller caller = callers.get(i);
            Hold hold = caller.hold();
            if (hold != null && hold.isHeld()) {
                holding.put(i, caller.number());
            }
        }
        model.holding.forEach((number, caller) -> expected.put(callers.indexOf(caller), number));
        assertThat(holding)
                .as("who has which number, seed %s, after %s", seed, trace)
                .isEqualTo(expected);
        List<Entry> places = places(bench);
        assertThat(places.stream()
                        .map(entry -> SlotLines.of(entry).number())
                        .filter(number -> number.isPresent())
                        .map(number -> number.getAsInt()))
                .as("the numbers that are stored, seed %s, after %s", seed, trace)
                .containsExactlyInAnyOrderElementsOf(model.holding.keySet());
        assertThat(places.stream()
                        .filter(SlotPoolRecipe::waits)
                        .map(entry -> SlotLines.of(entry).count()))
                .as("the places that wait, seed %s, after %s", seed, trace)
                .containsExactlyElementsOf(
                        model.queued.stream().map(caller -> caller.count).toList());
    }
}
