package io.sereno.recipes.tasks;

import io.sereno.TaskGrant;
import io.sereno.properties.BegunRuns;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.JumpyTime;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real task in thousands of schedules: three nodes whose clocks differ and are set, whose bodies take up to several periods, and which close after
 * some runs; one has another schedule than the others.
 */
class ExploredTaskTest {
    private static final String DIRECTORY = "task/x";
    private static final Duration PERIOD = Duration.ofSeconds(2);
    private static final int EACH = 3;

    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void eachDueTimeIsBegunOnceWhateverTheClocksShow() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 3_000, Fault.survivable());
    }

    @Test
    void aLostRunnerIsReplaced() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(2).faults(5, faults), 1_500, Set.of(Fault.CRASH));
    }

    /** Then only this is required: no call hangs, and every node gets its runs. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void runsGoOnWhereTheStoreGoesBack(Fault loss) {
        Explorations.holdsWhereTheStoreGoesBack(explorer(LyingBackend.Lie.NONE, true), 600, loss);
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedBugIsFound(LyingBackend.Lie lie) {
        Set<Fault> faults = lie == LyingBackend.Lie.EVERY_RENEWAL_COUNTS ? Set.of(Fault.CUT_OFF) : Fault.survivable();
        Explorations.finds(explorer(lie).faults(6, faults), 3_000);
    }

    private Explorer explorer(LyingBackend.Lie lie) {
        return explorer(lie, false);
    }

    private Explorer explorer(LyingBackend.Lie lie, boolean losing) {
        return new Explorer("task, " + lie, world -> {
            boolean runAgain = world.random().nextBoolean();
            BegunRuns runs = new BegunRuns(runAgain);
            List<Node> nodes = new ArrayList<>();
            for (SimulatedClient process : world.clients()) {
                Node node = new Node(world, process, lie, runs, runAgain);
                nodes.add(node);
                process.step("connect", node.client::open);
                process.stepAfter(Duration.ofMillis(world.random().nextInt(4_000)), "run", node.runner::stand);
                process.eventually("has had its runs", () -> node.left <= 0);
            }
            if (!losing) {
                Processes.alwaysRight(world, runs::wrong);
                Ledger ledger = new Ledger(world);
                world.always("due times rise in the store", ledger::isRising);
            }
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.always(
                    "each session has one place", () -> losing || Processes.eachSessionHasOnePlace(world, DIRECTORY));
            world.eventually(
                    "no entry of a node that has closed is left",
                    () -> nodes.stream()
                            .allMatch(node -> node.process.hasCrashed()
                                    || Processes.places(world, DIRECTORY).stream()
                                            .noneMatch(node::owns)));
        });
    }

    /** What the store says. */
    private static final class Ledger {
        private final World world;
        private @Nullable LastRun last;

        Ledger(World world) {
            this.world = world;
        }

        boolean isRising() {
            List<Entry> found = world.observer()
                    .read(new Query.One(DIRECTORY, LastRun.NAME))
                    .toCompletableFuture()
                    .join()
                    .entries();
            if (found.isEmpty()) {
                return last == null;
            }
            LastRun before = last;
            LastRun now = LastRun.decode(found.get(0));
            last = now;
            if (before == null || before.equals(now)) {
                return true;
            }
            boolean ends = before.ended().isEmpty()
                    && now.ended().isPresent()
                    && now.place().equals(before.place())
                    && now.due().equals(before.due());
            boolean again =
                    before.ended().isEmpty() && now.due().equals(before.due()) && now.attempt() == before.attempt() + 1;
            boolean next = now.due().isAfter(before.due()) && now.ended().isEmpty();
            return ends
                    || ((again || next)
                            && now.place().createRevision() > before.place().createRevision());
        }
    }

    private static final class Node {
        private final SimulatedClient process;
        private final Client client;
        private final TaskRunner runner;
        private int left = EACH;

        Node(World world, SimulatedClient process, LyingBackend.Lie lie, BegunRuns runs, boolean runAgain) {
            this.process = process;
            JumpyTime clock = new JumpyTime(process.time());
            if (world.random().nextInt(3) == 0) {
                clock.jump(Duration.ofMillis(world.random().nextInt(3_000) - 1_500));
            }
            if (world.random().nextInt(4) == 0) {
                process.stepAfter(
                        Duration.ofMillis(world.random().nextInt(20_000)),
                        "the clock is set",
                        () -> clock.jump(Duration.ofSeconds(world.random().nextInt(400_000) - 200_000)));
            }
            this.client = Processes.client(process, new LyingBackend(process.backend(), lie), clock);
            Scope scope = new Scope(client, TaskRunner.RECIPE, "x", DIRECTORY);
            Schedule schedule = switch (world.random().nextInt(4)) {
                case 0 -> Schedule.every(PERIOD.multipliedBy(3));
                case 1 -> Schedule.delay(PERIOD);
                default -> Schedule.every(PERIOD);
            };
            this.runner = new TaskRunner(scope, schedule, runAgain, grant -> {}) {
                @Override
                Interruptible call(TaskGrant grant, Consumer<Boolean> returned) {
                    runs.begun(grant, () -> !process.hasCrashed());
                    world.note(() -> process + " runs " + grant);
                    int longest = world.random().nextInt(6) == 0 ? 25_000 : 1_500;
                    process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), "return", () -> {
                        returned.accept(world.random().nextInt(8) != 0);
                        if (--left == 0) {
                            var unused = runner.end();
                        }
                    });
                    return new Interruptible();
                }
            };
        }

        boolean owns(Entry place) {
            return left <= 0 && place.value().toUtf8().contains("\nnode " + process.name() + "\n");
        }
    }
}
