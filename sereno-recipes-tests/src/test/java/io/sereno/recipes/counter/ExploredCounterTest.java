package io.sereno.recipes.counter;

import io.sereno.properties.Additions;
import io.sereno.properties.TakenBackBy;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real counter in thousands of schedules: three clients that add, each addition with a bit of its own, and one that
 * deletes in between; under faults, which include early ends of leases, which no store may cause.
 */
class ExploredCounterTest {
    private static final String DIRECTORY = "counter/x";
    private static final int EACH = 5;

    @Test
    void everyAdditionIsMadeOnceOrReportedOtherwise() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.NOTHING), 3_000, Fault.survivable());
    }

    @Test
    void aDeletedCounterDoesNotReturn() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.DELETION).seed(2), 3_000, Set.of());
    }

    @Test
    void additionsAreMadeOnceWhereLeasesEndTooEarly() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.END_LEASE, Fault.CRASH);
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.NOTHING).seed(3).faults(6, faults),
                1_000,
                Set.of(Fault.END_LEASE, Fault.CRASH));
    }

    /** Then only two things are required: every call ends, and all clients agree in the end. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void noCallHangsWhereTheStoreGoesBack(Fault loss) {
        Explorations.holdsWhereTheStoreGoesBack(explorer(LyingBackend.Lie.NONE, TakenBackBy.STORE), 600, loss);
    }

    /** An operator who removes the value deletes the counter, whatever else is under way. */
    @Test
    void aCounterRemovedByAnOperatorDoesNotReturnUnderAnyFault() {
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.DELETION).seed(4).faults(8, Fault.withoutLossOfWrites()),
                1_000,
                Fault.withoutLossOfWrites());
    }

    @Test
    void aCounterThatTakesUnknownForNotAppliedIsDetected() {
        Explorations.finds(explorer(LyingBackend.Lie.UNKNOWN_MEANS_NOT_APPLIED, TakenBackBy.NOTHING), 1_000);
    }

    private static Explorer explorer(LyingBackend.Lie lie, TakenBackBy taker) {
        return new Explorer("counter, " + lie + ", taken back by " + taker, world -> {
            Additions additions = new Additions(taker);
            boolean deleting = taker == TakenBackBy.DELETION;
            for (SimulatedClient process : world.clients()) {
                Backend backend = new LyingBackend(process.backend(), lie);
                Client client = Processes.client(process, backend);
                process.step("connect", client::open);
                Adder adder = new Adder(world, process, client, additions);
                process.step("begin", adder::next);
                process.eventually("has made all its additions", () -> adder.ended == EACH);
                process.eventually(
                        "keeps nothing",
                        () -> client.shared(CounterRecipe.CELLS).size() == 0);
                if (deleting && process.name().equals("client-1")) {
                    CompletableFuture<Void> deleted = new CompletableFuture<>();
                    process.stepAfter(Duration.ofMillis(world.random().nextInt(10_000)), "delete", () -> {
                        Scope scope = new Scope(client, "counter", "x", DIRECTORY);
                        var unused = new HeadRemoval(client.kernel(), scope, "delete", DIRECTORY, CounterRecipe.VALUE)
                                .start()
                                .whenComplete((done, failure) -> deleted.complete(null));
                    });
                    process.eventually("has seen the end of its deletion", deleted::isDone);
                }
            }
            if (deleting) {
                Processes.operatorRemoves(
                        world, DIRECTORY, entry -> entry.name().equals(CounterRecipe.VALUE));
            }
            Processes.alwaysRight(world, () -> additions.wrong(value(world)));
        });
    }

    private static long value(World world) {
        return CounterRecipe.countIn(world.observer()
                        .read(new Query.One(DIRECTORY, CounterRecipe.VALUE))
                        .toCompletableFuture()
                        .join()
                        .entries())
                .value();
    }

    private static final class Adder {
        private final World world;
        private final SimulatedClient process;
        private final CounterRecipe counter;
        private final Additions additions;
        private int asked;
        private int ended;

        Adder(World world, SimulatedClient process, Client client, Additions additions) {
            this.world = world;
            this.process = process;
            this.counter = new CounterRecipe(client, "x", DIRECTORY);
            this.additions = additions;
        }

        void next() {
            if (asked++ == EACH) {
                return;
            }
            Additions.Addition addition = additions.next();
            world.note(() -> process + " requests " + addition);
            var unused = counter.addAsync(addition.bit()).whenComplete((sum, failure) -> {
                world.note(() -> process + " was notified of " + addition + ": " + (failure == null ? sum : failure));
                ended++;
                addition.ended(sum, failure);
            });
            // Some at once, in one batch; some after a pause in which the client comes to rest.
            int pause = world.random().nextInt(4) == 0 ? 20_000 : 50;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(pause)), "next", this::next);
        }
    }
}
