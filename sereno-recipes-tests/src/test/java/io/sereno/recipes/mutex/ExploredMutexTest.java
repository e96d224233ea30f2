package io.sereno.recipes.mutex;

import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.kernel.Hold;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    private static final String EXCLUSION = "at most one relies on its grant";
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
            Log log = new Log(world);
            List<Caller> callers = new ArrayList<>();
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                process.step("connect", client::open);
                for (int i = 0; i < 2; i++) {
                    Caller caller = new Caller(process, client, log);
                    callers.add(caller);
                    process.step("begin", caller::next);
                    process.eventually("a caller comes to its end", () -> caller.left == 0);
                }
                process.eventually(
                        "nothing is in use",
                        () -> client.shared(MutexQueue.QUEUES).size() == 0);
            }
            world.always(EXCLUSION, () -> {
                int holders = 0;
                for (int i = 0; i < callers.size(); i++) {
                    holders += callers.get(i).holds() ? 1 : 0;
                }
                return holders <= 1;
            });
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.always("each session has one place", () -> Processes.eachSessionHasOnePlace(world, DIRECTORY));
            world.eventually(
                    "the queue is empty",
                    () -> Processes.places(world, DIRECTORY).isEmpty());
        });
    }

    /** The shared state of all callers of a world. */
    private static final class Log {
        private final World world;
        private long lastToken;

        Log(World world) {
            this.world = world;
        }

        void granted(Hold hold) {
            if (hold.fencingToken() <= lastToken) {
                world.failed("token " + hold.fencingToken() + " was granted after " + lastToken, null);
            }
            lastToken = hold.fencingToken();
        }
    }

    /** Three times: acquires the mutex, in one way or another, and releases it a little later. */
    private static final class Caller {
        private final SimulatedClient process;
        private final MutexRecipe mutex;
        private final Log log;
        private Hold hold;
        private boolean givenBack;
        private int left = 3;

        @SuppressWarnings("NullAway.Init")
        Caller(SimulatedClient process, Client client, Log log) {
            this.process = process;
            this.mutex = new MutexRecipe(client, "x", DIRECTORY);
            this.log = log;
        }

        boolean holds() {
            return hold != null && !givenBack && hold.isHeld() && !process.hasCrashed();
        }

        void next() {
            int kind = log.world.random().nextInt(5);
            MutexQueue queue = mutex.queue("explore");
            Duration limit = kind == 1 ? Duration.ofMillis(log.world.random().nextInt(20_000)) : null;
            MutexQueue.Request request = queue.request("explore", kind == 2, kind == 2 ? Duration.ofSeconds(5) : limit);
            if (kind == 3) {
                process.stepAfter(Duration.ofMillis(log.world.random().nextInt(5_000)), "withdraw", () -> {
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
            log.granted(granted);
            log.world.note(() -> process + " was granted " + granted.fencingToken());
            hold = granted;
            givenBack = false;
            // Most uses are so short that a series of them fits into the 20 ms of one turn; some outlast a session.
            int longest = log.world.random().nextInt(4) == 0
                    ? 30_000
                    : log.world.random().nextInt(2) == 0 ? 2_000 : 10;
            Duration use = Duration.ofMillis(log.world.random().nextInt(longest));
            process.stepAfter(use, "give back", () -> {
                givenBack = true;
                boolean orderly = granted.isHeld();
                var unused = granted.lost().whenComplete((cause, failure) -> {
                    if (orderly) {
                        log.world.failed("notified of a loss after an orderly release: " + cause, null);
                    }
                });
                var unused2 = granted.surrender();
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
