package io.sereno.recipes.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of arrivals and withdrawals, against a model that is a plain list of those who wait. After each operation exactly those have crossed
 * that the model says. So nobody crosses too early, in another company, or only after a tick. Two callers in different clients are one party.
 */
class BarrierAgainstAModelTest {
    private static final String DIRECTORY = "barrier/x";
    private static final int SEQUENCES = 400;
    private static final int OPERATIONS = 80;
    private static final int CLIENTS = 3;
    private static final int CALLERS = 9;
    private static final int PARTIES = 4;

    /** A party with one call at a time. */
    private static final class Caller {
        private final Bench.Node node;
        private final String party;
        private final Scope scope;
        private @Nullable BarrierCalls calls;
        private @Nullable Arrival arrival;
        private int crossed;
        private int expected;

        Caller(Bench.Node node, String party) {
            this.node = node;
            this.party = party;
            this.scope = new Scope(node.client(), "barrier", "x", DIRECTORY);
        }

        void arrive() {
            calls = BarrierCalls.of(scope);
            Arrival mine = calls.enter(party, PARTIES, null);
            arrival = mine;
            var unused = mine.result().whenComplete((hasCrossed, failure) -> {
                crossed += failure == null && hasCrossed ? 1 : 0;
                arrival = null;
            });
        }

        boolean waits() {
            return arrival != null;
        }

        void withdraw() {
            Objects.requireNonNull(calls).interrupt(Objects.requireNonNull(arrival));
        }
    }

    @Test
    void exactlyThoseCrossThatTheModelSays() {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> trace = new ArrayList<>();
        List<Caller> callers = new ArrayList<>();
        List<Caller> waiting = new ArrayList<>();
        long crossings = 0;
        try (Bench bench = new Bench(DIRECTORY, Notices.EXACT)) {
            for (int client = 0; client < CLIENTS; client++) {
                bench.connect("node-" + client).client().open();
            }
            for (int i = 0; i < CALLERS; i++) {
                // The last one is the first party, in another client.
                String party = "party-" + i % (CALLERS - 1);
                callers.add(new Caller(bench.nodes.get((i + i / CLIENTS) % CLIENTS), party));
            }
            for (int i = 0; i < OPERATIONS; i++) {
                int many = random.nextInt(8) == 0 ? 3 : 1; // Sometimes several at one moment.
                Set<String> moved = new HashSet<>();
                for (int j = 0; j < many; j++) {
                    Caller caller = callers.get(random.nextInt(CALLERS));
                    boolean isHere = waiting.stream().anyMatch(other -> other.party.equals(caller.party));
                    if (many > 1 && (isHere || !moved.add(caller.party))) {
                        continue; // It is not known which of two calls of one party comes first.
                    }
                    if (!caller.waits()) {
                        caller.arrive();
                        waiting.removeIf(other -> other.party.equals(caller.party));
                        waiting.add(caller);
                        trace.add(caller.party + " of " + caller.node + " arrives");
                    } else if (random.nextInt(3) == 0 && many == 1) {
                        caller.withdraw();
                        if (waiting.remove(caller)) {
                            // A former call of the party in another client may not have noticed yet that it was
                            // replaced.
                            callers.stream()
                                    .filter(other ->
                                            other != caller && other.waits() && other.party.equals(caller.party))
                                    .forEach(waiting::add);
                        }
                        trace.add(caller.party + " of " + caller.node + " withdraws");
                    }
                }
                settle(bench);
                List<String> order = stored(bench);
                waiting.sort(Comparator.comparingInt(caller -> order.indexOf(caller.party)));
                if (many == 1) {
                    while (waiting.size() >= PARTIES) {
                        waiting.subList(0, PARTIES).forEach(caller -> caller.expected++);
                        waiting.subList(0, PARTIES).clear();
                        crossings++;
                    }
                } else {
                    crossings += adoptCrossed(waiting);
                }
                String when = "seed " + seed + ", after " + trace;
                assertThat(callers.stream().map(caller -> caller.crossed))
                        .as("how often each has crossed, %s", when)
                        .containsExactlyElementsOf(
                                callers.stream().map(caller -> caller.expected).toList());
                assertThat(order).as("who waits, %s", when).containsExactlyInAnyOrderElementsOf(parties(waiting));
                assertThat(look(bench).state().crossings()).as(when).isEqualTo(crossings);
            }
        }
    }

    /** Those who arrive at one moment do so in any order, so the store says who was among the first. Returns how many crossings there were. */
    private static long adoptCrossed(List<Caller> waiting) {
        List<Caller> crossed = waiting.stream()
                .filter(caller -> caller.crossed > caller.expected)
                .toList();
        assertThat(crossed.size() % PARTIES).isZero();
        assertThat(waiting.size() - crossed.size()).isLessThan(PARTIES);
        crossed.forEach(caller -> caller.expected++);
        waiting.removeAll(crossed);
        return crossed.size() / PARTIES;
    }

    /** Long enough for all requests, which take no time, and far shorter than a tick. */
    private static void settle(Bench bench) {
        Duration until = bench.time.elapsed().plus(Duration.ofMillis(5));
        while (bench.step(until)) {}
    }

    private static BarrierLook look(Bench bench) {
        return BarrierLook.of(new Snapshot(bench.entries(DIRECTORY), false));
    }

    /** The parties that wait, in the order of their places; a place of a party that has arrived again is about to go. */
    private static List<String> stored(Bench bench) {
        return look(bench).counting(PARTIES).stream().map(BarrierPlace::party).toList();
    }

    private static List<String> parties(List<Caller> waiting) {
        return waiting.stream().map(caller -> caller.party).toList();
    }
}
