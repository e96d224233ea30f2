package io.sereno.recipes.counter;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.NotAppliedException;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.Schedules;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Removal;
import io.sereno.simulation.Exploration;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real counter in thousands of schedules: three clients that add, each addition a bit of its own, and one that deletes in between; under
 * faults, ends of leases that no store is allowed among them.
 */
class ExploredCounterTest {
    private static final String DIRECTORY = "counter/x";
    private static final int EACH = 5;

    @Test
    void everyAdditionIsMadeOnceOrReportedOtherwise() {
        Exploration found = explorer(LyingBackend.Lie.NONE, false)
                .schedules(Schedules.inABuild(3_000))
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.distinct()).isGreaterThan(Schedules.nearlyAll(3_000));
        assertThat(found.faults()).containsOnlyKeys(Fault.survivable());
    }

    @Test
    void aDeletedCounterDoesNotReturn() {
        Exploration found = explorer(LyingBackend.Lie.NONE, true)
                .seed(2)
                .schedules(Schedules.inABuild(3_000))
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.distinct()).isGreaterThan(Schedules.nearlyAll(3_000));
    }

    @Test
    void additionsAreMadeOnceWhereLeasesEndTooEarly() {
        Set<Fault> faults = EnumSet.copyOf(Fault.survivable());
        faults.add(Fault.END_LEASE);
        faults.add(Fault.CRASH);
        Exploration found = explorer(LyingBackend.Lie.NONE, false)
                .seed(3)
                .faults(6, faults)
                .schedules(Schedules.inABuild(1_000))
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.faults()).containsKeys(Fault.END_LEASE, Fault.CRASH);
    }

    /** Nothing is asked of it then but that every call ends, and that all agree in the end. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void noCallHangsWhereTheStoreGoesBack(Fault loss) {
        Set<Fault> faults = EnumSet.of(loss, Fault.LOSE_REPLY, Fault.CUT_OFF, Fault.RESET_WATCHES);
        Exploration found = explorer(LyingBackend.Lie.NONE, false, true)
                .seed(5)
                .faults(5, faults)
                .schedules(Schedules.inABuild(600))
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.faults()).containsKey(loss);
    }

    /** An operator who removes the value deletes the counter, whatever else is under way. */
    @Test
    void aCounterRemovedByAnOperatorDoesNotReturnUnderAnyFault() {
        Exploration found = explorer(LyingBackend.Lie.NONE, true)
                .seed(4)
                .faults(8, EnumSet.copyOf(Fault.withoutLossOfWrites()))
                .schedules(Schedules.inABuild(1_000))
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.faults()).containsOnlyKeys(EnumSet.copyOf(Fault.withoutLossOfWrites()));
    }

    @Test
    void aCounterThatTakesUnknownForNotAppliedIsDetected() {
        Exploration found = explorer(LyingBackend.Lie.DOUBT_MEANS_NOT_APPLIED, false)
                .schedules(1_000)
                .run();
        System.out.println(found);
        assertThat(found.failure()).isPresent();
    }

    private static Explorer explorer(LyingBackend.Lie lie, boolean deleting) {
        return explorer(lie, deleting, false);
    }

    private static Explorer explorer(LyingBackend.Lie lie, boolean deleting, boolean losing) {
        return new Explorer("counter, " + lie + (deleting ? ", deleted in between" : ""), world -> {
            Sum sum = new Sum(world);
            for (SimulatedClient process : world.clients()) {
                Backend backend = new LyingBackend(process.backend(), lie);
                Client client = Processes.client(process, backend);
                process.step("connect", client::open);
                Adder adder = new Adder(process, client, sum);
                process.step("begin", adder::next);
                process.eventually("has made all its additions", () -> adder.ended == EACH);
                process.eventually(
                        "keeps nothing",
                        () -> client.shared(CounterRecipe.CELLS).size() == 0);
                if (deleting && process.name().equals("client-1")) {
                    CompletableFuture<Void> deleted = new CompletableFuture<>();
                    process.stepAfter(Duration.ofMillis(world.random().nextInt(10_000)), "delete", () -> {
                        Scope scope = new Scope(client.kernel(), "counter", "x");
                        var unused = new Removal(client.kernel(), scope, "delete", DIRECTORY, CounterRecipe.VALUE)
                                .start()
                                .whenComplete((done, failure) -> deleted.complete(null));
                    });
                    process.eventually("has seen the end of its deletion", deleted::isDone);
                }
            }
            if (deleting) {
                Processes.operatorRemoves(
                        world, DIRECTORY, entry -> entry.name().equals(CounterRecipe.VALUE));
                world.always("a deleted counter does not return", sum::nothingComesBack);
            } else if (!losing) {
                world.always("acknowledged additions are stored, and unapplied ones are not", sum::isRight);
            }
            world.always("no bit is set without a request", () -> (sum.value() & ~sum.askedFor) == 0);
        });
    }

    /** The value, and what it has to be. */
    private static final class Sum {
        private final World world;
        private long askedFor;
        private long made;
        private long notMade;
        private long seen;
        private long gone;

        Sum(World world) {
            this.world = world;
        }

        long value() {
            return CounterRecipe.valueIn(world.observer()
                    .read(new Query.One(DIRECTORY, CounterRecipe.VALUE))
                    .toCompletableFuture()
                    .join()
                    .entries());
        }

        boolean isRight() {
            long value = value();
            return (value & made) == made && (value & notMade) == 0;
        }

        boolean nothingComesBack() {
            long value = value();
            gone |= seen & ~value;
            seen |= value;
            return (value & gone) == 0 && (seen & made) == made && (seen & notMade) == 0;
        }
    }

    private static final class Adder {
        private final SimulatedClient process;
        private final CounterRecipe counter;
        private final Sum sum;
        private final int first;
        private int asked;
        private int ended;

        Adder(SimulatedClient process, Client client, Sum sum) {
            this.process = process;
            this.counter = new CounterRecipe(client, "x", DIRECTORY);
            this.sum = sum;
            this.first = (process.name().charAt("client-".length()) - '1') * EACH;
        }

        void next() {
            if (asked == EACH) {
                return;
            }
            long bit = 1L << (first + asked++);
            sum.askedFor |= bit;
            sum.world.note(() -> process + " adds " + bit);
            var unused = counter.addAsync(bit).whenComplete((value, failure) -> {
                sum.world.note(() -> process + " was notified of " + bit + ": " + (failure == null ? value : failure));
                ended++;
                if (failure == null) {
                    sum.made |= bit;
                } else if (failure instanceof NotAppliedException) {
                    sum.notMade |= bit;
                }
            });
            // Some at once, in one batch; some after a pause in which the client comes to rest.
            int pause = sum.world.random().nextInt(4) == 0 ? 20_000 : 50;
            process.stepAfter(Duration.ofMillis(sum.world.random().nextInt(pause)), "next", this::next);
        }
    }
}
