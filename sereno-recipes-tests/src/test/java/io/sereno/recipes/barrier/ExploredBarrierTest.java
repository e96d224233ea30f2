package io.sereno.recipes.barrier;

import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.MixedReads;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The real barrier in thousands of schedules: three clients with two parties each, of which three cross together, and with twelve each, of which 33 do; they arrive,
 * give up, withdraw and arrive again, under faults. Reads mix several moments.
 */
class ExploredBarrierTest {
    private static final String DIRECTORY = "barrier/x";
    private static final int PARTIES = 3;
    /** The commit of their crossing cannot have a condition for each of them. */
    private static final int MANY_PARTIES = 33;

    private static final int TIMES = 3;

    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void allPartiesOfACrossingGetTheSameAnswer() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 1_000, Fault.survivable());
    }

    @Test
    void barriersSurviveClientsThatCrash() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(2).faults(5, faults), 500, Set.of(Fault.CRASH));
    }

    @Test
    void barriersSurviveLeasesThatEndEarly() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.END_LEASE);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(3).faults(6, faults), 500, Set.of(Fault.END_LEASE));
    }

    @Test
    void manyPartiesOfACrossingGetTheSameAnswer() {
        Explorer many = explorer(LyingBackend.Lie.NONE, MANY_PARTIES, 12, 1);
        Explorations.holds(many.seed(4).faults(6, Explorations.survivableAnd(Fault.END_LEASE)), 100, Set.of());
    }

    @Test
    void aBarrierThatTakesUnknownForNotAppliedIsDetected() {
        Explorations.finds(explorer(LyingBackend.Lie.UNKNOWN_MEANS_NOT_APPLIED).faults(6, Fault.survivable()), 3_000);
    }

    private Explorer explorer(LyingBackend.Lie lie) {
        return explorer(lie, PARTIES, 2, TIMES);
    }

    private Explorer explorer(LyingBackend.Lie lie, int parties, int callersOfEach, int times) {
        return new Explorer("barrier of " + parties + ", " + lie, world -> {
            Crossings crossings = new Crossings(parties);
            List<Caller> callers = new ArrayList<>();
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(
                        process,
                        new MixedReads(
                                new LyingBackend(process.backend(), lie),
                                world.random().split()));
                process.step("connect", client::open);
                for (int i = 0; i < callersOfEach; i++) {
                    Caller caller =
                            new Caller(world, process, client, process + "/" + i, parties, times, crossings, callers);
                    callers.add(caller);
                    process.step("begin", caller::next);
                    process.eventually("a caller comes to its end", () -> caller.ended);
                }
                process.eventually(
                        "nothing is in use",
                        () -> client.shared(BarrierCalls.CALLS).size() == 0);
            }
            Processes.alwaysRight(world, () -> {
                crossings.look(world.observer()
                        .read(new Query.All(DIRECTORY))
                        .toCompletableFuture()
                        .join()
                        .entries());
                return crossings.wrong();
            });
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.eventually(
                    "no place is left", () -> Processes.places(world, DIRECTORY).isEmpty());
            world.eventually("all of a crossing are told", () -> {
                callers.forEach(Caller::excuseIfCrashed);
                return crossings.areAllTold();
            });
        });
    }

    /** One party: arrives until all that live have crossed a few times. */
    private static final class Caller {
        private final World world;
        private final SimulatedClient process;
        private final Client client;
        private final String party;
        private final int parties;
        private final int times;
        private final Crossings crossings;
        private final List<Caller> all;
        private @Nullable Arrival arrival;
        private int crossed;
        private boolean ended;

        Caller(
                World world,
                SimulatedClient process,
                Client client,
                String party,
                int parties,
                int times,
                Crossings crossings,
                List<Caller> all) {
            this.world = world;
            this.process = process;
            this.client = client;
            this.party = party;
            this.parties = parties;
            this.times = times;
            this.crossings = crossings;
            this.all = all;
        }

        private boolean isSatisfied() {
            return crossed >= times || process.hasCrashed();
        }

        void excuseIfCrashed() {
            Arrival last = arrival;
            if (process.hasCrashed() && last != null) {
                crossings.untold(last.place);
            }
        }

        void next() {
            long live =
                    all.stream().filter(caller -> !caller.process.hasCrashed()).count();
            if (live < parties || all.stream().allMatch(Caller::isSatisfied)) {
                ended = true;
                return;
            }
            Duration limit = world.random().nextInt(8) == 0
                    ? Duration.ZERO
                    : Duration.ofMillis(world.random().nextInt(30_000));
            BarrierCalls calls = BarrierCalls.of(new Scope(client, "barrier", "x", DIRECTORY));
            Arrival mine = calls.enter(party, parties, limit);
            arrival = mine;
            if (world.random().nextInt(4) == 0) {
                process.stepAfter(
                        Duration.ofMillis(world.random().nextInt(5_000)), "interrupt", () -> calls.interrupt(mine));
            }
            var unused = mine.result().whenComplete((hasCrossed, failure) -> {
                world.note(() -> party + " at " + mine.place + ": " + (failure == null ? hasCrossed : failure));
                if (failure == null) {
                    crossings.told(mine.place, hasCrossed);
                    crossed += hasCrossed ? 1 : 0;
                } else {
                    crossings.untold(mine.place);
                }
                process.stepAfter(Duration.ofMillis(world.random().nextInt(2_000)), "next", this::next);
            });
        }
    }
}
