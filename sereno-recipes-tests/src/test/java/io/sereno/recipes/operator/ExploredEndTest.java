package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.properties.Grants;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.mutex.MutexQueue;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.recipes.operator.Intervention.Action;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * An operator ends seats of a mutex while three clients take it, hand it over and lose it, under faults of all clients, the operator's
 * included: never do two clients rely on it at once (OPR-1). If the operator deletes the seats themselves, they do.
 */
class ExploredEndTest {
    private static final String DIRECTORY = "lock/x";
    private static final Resource LOCK = new Resource(Kind.LOCK, "x");

    private final Defects defects = new Defects();
    private final Interventions ending = new Interventions(Action.END, LOCK);

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void noTwoClientsRelyOnASeatThatIsEnded() {
        Explorations.holdsInDistinctSchedules(explorer(ending), 1_500, Fault.survivable());
        assertThat(ending.ended()).as("seats that were ended").isGreaterThan(1_000);
    }

    @Test
    void norIfClientsCrash() {
        Explorations.holds(
                explorer(ending).seed(2).faults(5, Explorations.survivableAnd(Fault.CRASH)), 500, Set.of(Fault.CRASH));
        assertThat(ending.ended()).as("seats that were ended").isGreaterThan(300);
    }

    @Test
    void twoClientsRelyOnASeatThatIsDeleted() {
        Explorations.finds(explorer(new Interventions(Action.END_NOW, LOCK)).faults(6, Fault.survivable()), 1_000);
    }

    private Explorer explorer(Interventions interventions) {
        return new Explorer("operator ends seats of a mutex", world -> {
                    Grants grants = new Grants();
                    List<? extends SimulatedClient> all = world.clients();
                    for (SimulatedClient process : all.subList(1, all.size())) {
                        Client client = Processes.client(process, process.backend());
                        process.step("connect", client::open);
                        Caller caller = new Caller(world, process, client, grants);
                        process.step("begin", caller::next);
                        process.eventually("a caller comes to its end", () -> caller.left == 0);
                    }
                    interventions.begin(world, all.get(0));
                    Processes.alwaysRight(world, grants::wrong);
                    world.always(
                            "no task of the kernel fails", () -> defects.found().isEmpty());
                    world.eventually(
                            "the queue is empty",
                            () -> Processes.places(world, DIRECTORY).isEmpty());
                })
                .clients(4);
    }

    /** Three times: acquires the mutex, and releases it later. */
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
            MutexQueue queue = mutex.queue("explore");
            var unused = queue.request("explore", false, null).result().whenComplete((granted, failure) -> {
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
            int longest = world.random().nextInt(3) == 0 ? 30_000 : 3_000;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), "give back", () -> {
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
