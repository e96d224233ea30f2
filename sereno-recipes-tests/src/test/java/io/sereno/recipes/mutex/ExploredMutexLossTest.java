package io.sereno.recipes.mutex;

import io.sereno.recipes.Explorations;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The real mutex on a store that goes back to earlier moments: then exclusion is not guaranteed, and no caller waits for ever. */
class ExploredMutexLossTest {
    private static final String DIRECTORY = "lock/x";

    @Test
    void noCallerWaitsForEverWhereRevisionsGoOn() {
        explore(Fault.ROLL_BACK);
    }

    @Test
    void noCallerWaitsForEverWhereRevisionsAreRepeated() {
        explore(Fault.RESTORE);
    }

    private static void explore(Fault loss) {
        Set<Fault> faults = EnumSet.of(loss);
        faults.addAll(EnumSet.of(Fault.LOSE_REPLY, Fault.CUT_OFF, Fault.RESET_WATCHES));
        Explorations.holds(
                new Explorer("mutex, " + loss, world -> {
                            for (SimulatedClient process : world.clients()) {
                                Client client = Processes.client(process, process.backend());
                                process.step("connect", client::open);
                                Caller caller = new Caller(
                                        process,
                                        new MutexRecipe(client, "x", DIRECTORY),
                                        world.random().nextInt(2_000));
                                process.step("begin", caller::next);
                                process.eventually("a caller comes to its end", () -> caller.left == 0);
                            }
                            world.eventually(
                                    "the queue is empty",
                                    () -> Processes.queue(world, DIRECTORY).isEmpty());
                        })
                        .faults(5, faults),
                1_500,
                Set.of(loss));
    }

    /** Four times: acquires the mutex, and releases it a little later. */
    private static final class Caller {
        private final SimulatedClient process;
        private final MutexRecipe mutex;
        private final int use;
        private int left = 4;

        Caller(SimulatedClient process, MutexRecipe mutex, int use) {
            this.process = process;
            this.mutex = mutex;
            this.use = use;
        }

        void next() {
            RightRequest request = mutex.queue("explore").request("explore", false, null);
            var unused = request.result().whenComplete((granted, failure) -> {
                if (granted != null && granted.isPresent()) {
                    process.stepAfter(Duration.ofMillis(use), "give back", () -> {
                        var ignored = granted.get().surrender();
                        ended();
                    });
                } else {
                    ended();
                }
            });
        }

        private void ended() {
            if (--left > 0) {
                process.step("next", this::next);
            }
        }
    }
}
