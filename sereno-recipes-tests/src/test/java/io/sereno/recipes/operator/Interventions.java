package io.sereno.recipes.operator;

import io.sereno.operator.Release;
import io.sereno.operator.Release.Result;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.operator.Intervention.Action;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** An operator in a world, who intervenes three times in one queue. */
public final class Interventions {
    private static final String AUDIT = "@sereno-operator/topic/audit";

    private final Action action;
    private final Resource resource;
    /** Over all schedules. */
    private final AtomicInteger ended = new AtomicInteger();

    public Interventions(Action action, Resource resource) {
        this.action = action;
        this.resource = resource;
    }

    /** How many seats were ended by an act of the operator. */
    public int ended() {
        return ended.get();
    }

    public void begin(World world, SimulatedClient hand) {
        Client client = Processes.client(hand, hand.backend());
        hand.step("connect", client::open);
        OperatorRecipe operator = new OperatorRecipe(client, Directories.below(""));
        for (int i = 0; i < 3; i++) {
            hand.stepAfter(
                    Duration.ofMillis(world.random().nextInt(20_000)), "intervene", () -> intervene(world, operator));
        }
    }

    /** On the first place, or on the last one, as it is stored at this moment. */
    private void intervene(World world, OperatorRecipe operator) {
        Lineup lineup = Lineup.in(resource, all(world, Paths.of(resource)));
        if (lineup.isEmpty()) {
            return;
        }
        Markers markers = new Markers();
        all(world, "session").entries().forEach(markers::add);
        List<Seat> seats = lineup.view(markers).seats();
        Seat seat = seats.get(world.random().nextInt(4) == 0 ? seats.size() - 1 : 0);
        world.note(() -> action + " " + seat);
        var unused = operator.begin(action, seat, "explore").whenComplete((release, failure) -> {
            world.note(() -> action + ": " + release + " " + failure);
            if (release != null && release.result() == Result.RELEASED && hasActed(world, release)) {
                ended.incrementAndGet();
            }
        });
    }

    private static Snapshot all(World world, String directory) {
        return world.observer()
                .read(new Query.All(directory))
                .toCompletableFuture()
                .join();
    }

    /** Without an act, the seat went by itself. */
    private static boolean hasActed(World world, Release release) {
        return Processes.queue(world, AUDIT).stream()
                .anyMatch(entry -> entry.value().toUtf8().contains("intent " + release.audit() + "\nstep act\n"));
    }
}
