package io.sereno.recipes;

import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.recipes.kernel.View;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Clients of Sereno in the processes of an explored world: each of their actions is an event of that world. */
public final class Processes {
    private Processes() {}

    /**
     * A client never has a second place before it is sure that the first is gone, even if requests are lost or late.
     */
    public static boolean eachSessionHasOnePlace(World world, String directory) {
        Set<String> sessions = new HashSet<>();
        for (Entry entry : places(world, directory)) {
            if (!sessions.add(entry.name().substring(0, entry.name().indexOf('-')))) {
                return false;
            }
        }
        return true;
    }

    public static List<Entry> places(World world, String directory) {
        return View.queue(world.observer()
                .read(new Query.All(directory))
                .toCompletableFuture()
                .join());
    }

    /** Checks a property after each event. */
    public static void alwaysRight(World world, Supplier<Optional<String>> wrong) {
        world.always("the property holds", () -> {
            wrong.get().ifPresent(what -> world.failed(what, null));
            return true;
        });
    }

    public static List<Entry> queue(World world, String directory) {
        return View.live(world.observer()
                .read(new Query.All(directory))
                .toCompletableFuture()
                .join());
    }

    /** At random moments an operator puts an entry that is no place, and removes it again. */
    public static void strangersComeAndGo(World world, String directory, int many) {
        for (int i = 0; i < many; i++) {
            String name = "stranger-" + i;
            SimulatedClient near =
                    world.clients().get(world.random().nextInt(world.clients().size()));
            near.stepAfter(Duration.ofMillis(world.random().nextInt(12_000)), "a stranger comes", () -> {
                var unused = world.observer()
                        .commit(Commit.to(directory).put(name, Bytes.EMPTY).build());
                near.stepAfter(Duration.ofMillis(world.random().nextInt(30_000)), "a stranger goes", () -> {
                    var unused2 = world.observer()
                            .commit(Commit.to(directory).delete(name).build());
                });
            });
        }
    }

    /** At a random moment an operator removes one entry: one that is leased, or one that the recipe can do without. */
    public static void operatorRemoves(World world, String directory, Predicate<Entry> which) {
        SimulatedClient near =
                world.clients().get(world.random().nextInt(world.clients().size()));
        near.stepAfter(Duration.ofMillis(world.random().nextInt(12_000)), "an operator removes an entry", () -> {
            List<Entry> those = queue(world, directory).stream().filter(which).toList();
            if (!those.isEmpty()) {
                String name = those.get(world.random().nextInt(those.size())).name();
                world.note(() -> "removed by hand: " + name);
                var unused = world.observer()
                        .commit(Commit.to(directory).delete(name).build());
            }
        });
    }

    public static Client client(SimulatedClient process, Backend backend) {
        return client(process, backend, process.time());
    }

    /** With a clock of its own. */
    public static Client client(SimulatedClient process, Backend backend, TimeSource clock) {
        Settings settings = new Settings(
                process.name(),
                "",
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                clock,
                process.executor(),
                process.executor(),
                Hooks.NONE,
                "explored",
                List.of());
        return new Client(
                settings,
                new StoredNames(
                        backend,
                        breach -> process.step(breach, () -> {
                            throw new AssertionError(breach);
                        })),
                false);
    }
}
