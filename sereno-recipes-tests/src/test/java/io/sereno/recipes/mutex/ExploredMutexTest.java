package io.sereno.recipes.mutex;

import io.sereno.properties.Grants;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.kernel.Hold;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real mutex in thousands of schedules: three clients with two callers each, that acquire, try, give up, withdraw and hand over, under
 * up to three faults. The planted bug is a backend that gives the recipe the answers that a bug in the recipe would assume.
 */
class ExploredMutexTest {
    private static final String DIRECTORY = "lock/x";

    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void theMutexKeepsItsPromises() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 5_200, Fault.survivable());
    }

    @Test
    void theMutexSurvivesClientsThatCrash() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(2).faults(5, faults), 800, Set.of(Fault.CRASH));
    }

    /** They come and go between the places. */
    @Test
    void entriesThatAreNoPlacesDoNotMatter() {
        Explorations.holds(explorer(LyingBackend.Lie.NONE, 5).seed(4), 800, Set.of());
    }

    /** More predecessors than one commit can prove gone. */
    @Test
    void aLongQueueKeepsThePromisesToo() {
        Explorations.explore(
                explorer(LyingBackend.Lie.NONE)
                        .seed(3)
                        .clients(40)
                        .faults(20, Fault.survivable())
                        .turmoil(10_000)
                        .patience(Duration.ofHours(2)),
                12,
                Set.of());
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedBugIsFoundWithinAThousandSchedules(LyingBackend.Lie lie) {
        Explorations.finds(explorer(lie).faults(6, Fault.survivable()), 1_000);
    }

    private Explorer explorer(LyingBackend.Lie lie) {
        return explorer(lie, 0);
    }

    private Explorer explorer(LyingBackend.Lie lie, int strangers) {
        return new Explorer("mutex, " + lie, world -> {
            Processes.strangersComeAndGo(world, DIRECTORY, strangers);
            Grants grants = new Grants();
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                process.step("connect", client::open);
                for (int i = 0; i < 2; i++) {
                    Caller caller = new Caller(world, process, client, grants);
                    process.step("begin", caller::next);
                    process.eventually("a caller comes to its end", () -> caller.left == 0);
                }
                process.eventually(
                        "nothing is in use",
                        () -> client.shared(MutexQueue.QUEUES).size() == 0);
            }
            Processes.alwaysRight(world, grants::wrong);
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.always("each session has one place", () -> Processes.eachSessionHasOnePlace(world, DIRECTORY));
            world.eventually(
                    "the queue is empty",
                    () -> Processes.places(world, DIRECTORY).isEmpty());
        });
    }

    /** Three times: acquires the mutex, in one way or another, and releases it a little later. */
    private static final class Caller {
        private final World world;
        private final SimulatedClient process;
        private final MutexRecipe mutex;
        private final Grants grants;
        private int left = 3;

        Caller(World world, SimulatedClient process, Client client, Grants grants) {
            this.world = world;
            this.process = process;
            this.mutex = new MutexRecipe(client, "x", DIRECTORY);
            this.grants = grants;
        }

        void next() {
            int kind = world.random().nextInt(5);
            MutexQueue queue = mutex.queue("explore");
            Duration limit = kind == 1 ? Duration.ofMillis(world.random().nextInt(20_000)) : null;
            RightRequest request = queue.request("explore", kind == 2, kind == 2 ? Duration.ofSeconds(5) : limit);
            if (kind == 3) {
                process.stepAfter(Duration.ofMillis(world.random().nextInt(5_000)), "withdraw", () -> {
                    if (!request.result().isDone()) {
                        var unused = queue.withdraw(request);
                        ended();
                    }
                });
            }
            var unused = request.result().whenComplete((granted, failure) -> {
                if (granted != null && granted.isPresent()) {
                    holdFor(granted.get());
                } else {
                    ended();
                }
            });
        }

        private void holdFor(Hold granted) {
            grants.granted(granted, () -> !process.hasCrashed());
            world.note(() -> process + " was granted " + granted.fencingToken());
            // Most uses are so short that a series of them fits into the 20 ms of one turn; some outlast a session.
            int longest =
                    world.random().nextInt(4) == 0 ? 30_000 : world.random().nextInt(2) == 0 ? 2_000 : 10;
            Duration use = Duration.ofMillis(world.random().nextInt(longest));
            process.stepAfter(use, "give back", () -> {
                grants.releasing(granted);
                var unused = granted.surrender();
                ended();
            });
        }

        private void ended() {
            if (--left > 0) {
                process.step("next", this::next);
            }
        }
    }
}
