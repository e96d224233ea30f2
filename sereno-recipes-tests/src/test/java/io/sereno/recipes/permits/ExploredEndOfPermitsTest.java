package io.sereno.recipes.permits;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.properties.PermitsInUse;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.operator.Intervention.Action;
import io.sereno.recipes.operator.Interventions;
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
 * An operator ends seats of a pool while clients take permits and lose them, under faults of all clients, the operator's included: never
 * do they rely on more permits than the limit (OPR-1). If the operator deletes the seats themselves, they do.
 */
class ExploredEndOfPermitsTest {
    private static final String DIRECTORY = "semaphore/x";
    private static final Resource POOL = new Resource(Kind.PERMIT_POOL, "x");
    private static final int LIMIT = 2;

    private final Defects defects = new Defects();
    private final Interventions ending = new Interventions(Action.END, POOL);

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void theLimitIsKeptWhenSeatsAreEnded() {
        Explorations.holdsInDistinctSchedules(explorer(ending), 700, Fault.survivable());
        assertThat(ending.ended()).as("seats that were ended").isGreaterThan(500);
    }

    @Test
    void norIsItExceededIfClientsCrash() {
        Explorations.holds(
                explorer(ending).seed(2).faults(5, Explorations.survivableAnd(Fault.CRASH)), 300, Set.of(Fault.CRASH));
        assertThat(ending.ended()).as("seats that were ended").isGreaterThan(150);
    }

    @Test
    void theLimitIsExceededWhenSeatsAreDeleted() {
        Explorations.finds(explorer(new Interventions(Action.END_NOW, POOL)).faults(6, Fault.survivable()), 1_000);
    }

    private Explorer explorer(Interventions interventions) {
        return new Explorer("operator ends seats of a pool", world -> {
                    PermitsInUse permits = new PermitsInUse(LIMIT);
                    List<? extends SimulatedClient> all = world.clients();
                    for (SimulatedClient process : all.subList(1, all.size())) {
                        Client client = Processes.client(process, process.backend());
                        process.step("connect", client::open);
                        Caller caller = new Caller(world, process, client, permits);
                        process.step("begin", caller::next);
                        process.eventually("a caller comes to its end", () -> caller.left == 0);
                    }
                    interventions.begin(world, all.get(0));
                    Processes.alwaysRight(world, permits::wrong);
                    world.always(
                            "no task of the kernel fails", () -> defects.found().isEmpty());
                    world.eventually(
                            "the queue is empty",
                            () -> Processes.places(world, DIRECTORY).isEmpty());
                })
                .clients(4);
    }

    /** Three times: acquires one permit or two, and releases them later. */
    private static final class Caller {
        private final World world;
        private final SimulatedClient process;
        private final PermitPoolRecipe pool;
        private final PermitsInUse permits;
        private int left = 3;

        Caller(World world, SimulatedClient process, Client client, PermitsInUse permits) {
            this.world = world;
            this.process = process;
            this.pool = new PermitPoolRecipe(client, "x", LIMIT, DIRECTORY);
            this.permits = permits;
        }

        void next() {
            int weight = 1 + world.random().nextInt(LIMIT);
            PermitsInUse.Attempt attempt = permits.begins();
            PoolQueue queue = pool.queue("explore");
            PermitRequest request = new PermitRequest(queue, "explore", weight, LIMIT, false, false);
            queue.request(request, null);
            var unused = request.result().whenComplete((granted, failure) -> {
                if (granted != null && granted.isPresent()) {
                    holdFor(attempt, weight, granted.get());
                } else {
                    permits.ended(attempt);
                    ended();
                }
            });
        }

        private void holdFor(PermitsInUse.Attempt attempt, int weight, Hold granted) {
            permits.granted(attempt, granted, weight, () -> !process.hasCrashed());
            world.note(() -> process + " was granted " + granted.fencingToken() + " for " + weight);
            int longest = world.random().nextInt(3) == 0 ? 30_000 : 3_000;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), "give back", () -> {
                permits.releasing(granted);
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
