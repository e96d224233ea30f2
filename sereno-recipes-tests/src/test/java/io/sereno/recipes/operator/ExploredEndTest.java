package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.operator.Kind;
import io.sereno.operator.Release;
import io.sereno.operator.Release.Result;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.properties.Grants;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.mutex.MutexQueue;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.recipes.operator.Intervention.Action;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * An operator ends seats of a mutex while three clients take it, hand it over and lose it, under faults of all clients, the operator's
 * included: never do two clients rely on it at once (OPR-1). If the operator deletes the seats themselves, they do.
 */
class ExploredEndTest {
    private static final String DIRECTORY = "lock/x";
    private static final String AUDIT = "@sereno-operator/topic/audit";

    private final Defects defects = new Defects();
    /** Over all schedules. */
    private final AtomicInteger ended = new AtomicInteger();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void noTwoClientsRelyOnASeatThatIsEnded() {
        Explorations.holdsInDistinctSchedules(explorer(Action.END), 1_500, Fault.survivable());
        assertThat(ended).as("seats that were ended").hasValueGreaterThan(1_000);
    }

    @Test
    void norIfClientsCrash() {
        Explorations.holds(
                explorer(Action.END).seed(2).faults(5, Explorations.survivableAnd(Fault.CRASH)),
                500,
                Set.of(Fault.CRASH));
        assertThat(ended).as("seats that were ended").hasValueGreaterThan(300);
    }

    @Test
    void twoClientsRelyOnASeatThatIsDeleted() {
        Explorations.finds(explorer(Action.END_NOW).faults(6, Fault.survivable()), 1_000);
    }

    private Explorer explorer(Action action) {
        return new Explorer("operator, " + action, world -> {
                    Grants grants = new Grants();
                    List<? extends SimulatedClient> all = world.clients();
                    for (SimulatedClient process : all.subList(1, all.size())) {
                        Client client = Processes.client(process, process.backend());
                        process.step("connect", client::open);
                        Caller caller = new Caller(world, process, client, grants);
                        process.step("begin", caller::next);
                        process.eventually("a caller comes to its end", () -> caller.left == 0);
                    }
                    SimulatedClient hand = all.get(0);
                    Client client = Processes.client(hand, hand.backend());
                    hand.step("connect", client::open);
                    OperatorRecipe operator = new OperatorRecipe(client, Directories.below(""));
                    for (int i = 0; i < 3; i++) {
                        hand.stepAfter(
                                Duration.ofMillis(world.random().nextInt(20_000)),
                                "intervene",
                                () -> intervene(world, operator, action));
                    }
                    Processes.alwaysRight(world, grants::wrong);
                    world.always(
                            "no task of the kernel fails", () -> defects.found().isEmpty());
                    world.eventually(
                            "the queue is empty",
                            () -> Processes.places(world, DIRECTORY).isEmpty());
                })
                .clients(4);
    }

    /** On the first place, or on another one, as it is stored at this moment. */
    private void intervene(World world, OperatorRecipe operator, Action action) {
        List<Entry> queue = Processes.places(world, DIRECTORY);
        if (queue.isEmpty()) {
            return;
        }
        Entry place = queue.get(world.random().nextInt(4) == 0 ? queue.size() - 1 : 0);
        Markers markers = new Markers();
        world.observer()
                .read(new Query.All("session"))
                .toCompletableFuture()
                .join()
                .entries()
                .forEach(markers::add);
        Resource resource = new Resource(Kind.LOCK, "x");
        Lineup lineup = Lineup.of(resource, queue);
        Seat seat = lineup.view(markers).seats().get(queue.indexOf(place));
        world.note(() -> action + " " + seat);
        var unused = operator.begin(action, seat, "explore").whenComplete((release, failure) -> {
            world.note(() -> action + ": " + release + " " + failure);
            if (release != null && release.result() == Result.RELEASED && hasActed(world, release)) {
                ended.incrementAndGet();
            }
        });
    }

    /** Without an act, the seat went by itself. */
    private static boolean hasActed(World world, Release release) {
        return Processes.queue(world, AUDIT).stream()
                .anyMatch(entry -> entry.value().toUtf8().contains("intent " + release.audit() + "\nstep act\n"));
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
