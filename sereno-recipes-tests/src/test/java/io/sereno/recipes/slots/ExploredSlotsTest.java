package io.sereno.recipes.slots;

import io.sereno.properties.LockedNames;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Session;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real slot pool in thousands of schedules: three clients with three callers each, of which some know fewer slots, that acquire, prefer a number, try,
 * give up, withdraw and release, under faults. The planted bugs are a backend that gives the recipe the answers that a bug would assume.
 */
class ExploredSlotsTest {
    private static final String DIRECTORY = "slots/x";
    private static final int COUNT = 3;

    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void aNumberHasOneHolderAndEverybodyIsServed() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 1_000, Fault.survivable());
    }

    @Test
    void poolsSurviveClientsThatCrash() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(2).faults(5, faults), 300, Set.of(Fault.CRASH));
    }

    @Test
    void aLongQueueKeepsThePromisesToo() {
        Explorations.explore(
                explorer(LyingBackend.Lie.NONE)
                        .seed(3)
                        .clients(40)
                        .faults(20, Fault.survivable())
                        .turmoil(10_000)
                        .patience(Duration.ofHours(2)),
                8,
                Set.of());
    }

    /** EVERY_CHECK_HOLDS is not among them: a pool has no check on which a grant depends. */
    @ParameterizedTest
    @EnumSource(names = {"EVERY_RENEWAL_COUNTS", "UNKNOWN_MEANS_NOT_APPLIED"})
    void aPlantedBugIsFoundWithinAThousandSchedules(LyingBackend.Lie lie) {
        Set<Fault> faults = lie == LyingBackend.Lie.EVERY_RENEWAL_COUNTS ? Set.of(Fault.CUT_OFF) : Fault.survivable();
        Explorations.finds(explorer(lie).faults(6, faults), 1_000);
    }

    private Explorer explorer(LyingBackend.Lie lie) {
        return new Explorer("slots, " + lie, world -> {
            LockedNames slots = new LockedNames();
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                process.step("connect", client::open);
                for (int i = 0; i < 3; i++) {
                    Caller caller = new Caller(world, process, client, i == 2 ? COUNT - 1 : COUNT, slots);
                    process.step("begin", caller::next);
                    process.eventually("a caller comes to its end", () -> caller.left == 0);
                }
                if (world.clients().size() <= 3) {
                    // Each event reads the queue for each client, which takes too long with many of both.
                    world.always("no place is left over", () -> nothingIsLeftOver(world, client));
                }
                process.eventually(
                        "nothing is in use",
                        () -> client.shared(PoolQueue.QUEUES).size() == 0);
            }
            Processes.alwaysRight(world, slots::wrong);
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.eventually(
                    "nothing is left", () -> Processes.places(world, DIRECTORY).isEmpty());
        });
    }

    private static SlotPoolRecipe pool(Client client, int count) {
        return new SlotPoolRecipe(client, "x", count, DIRECTORY);
    }

    /** A client never makes another place before it is sure that a place which it gave up for it is gone, even if requests are lost or late. */
    private static boolean nothingIsLeftOver(World world, Client client) {
        Session session = client.sessions().current();
        if (session == null) {
            return true;
        }
        long stored = Processes.places(world, DIRECTORY).stream()
                .filter(entry -> entry.name().startsWith(session.id() + "-"))
                .count();
        PoolQueue queue = pool(client, COUNT).queue("count");
        int known = queue.places();
        queue.exit();
        return stored <= known;
    }

    /** Three times: acquires a slot, in one way or another, and releases it a little later. */
    private static final class Caller {
        private final World world;
        private final SimulatedClient process;
        private final int count;
        private final SlotPoolRecipe pool;
        private final LockedNames slots;
        private int left = 3;

        Caller(World world, SimulatedClient process, Client client, int count, LockedNames slots) {
            this.world = world;
            this.process = process;
            this.count = count;
            this.pool = pool(client, count);
            this.slots = slots;
        }

        void next() {
            int kind = world.random().nextInt(5);
            int preferred = world.random().nextInt(count + 1) - 1;
            PoolQueue queue = pool.queue("explore");
            Duration limit = kind == 1 ? Duration.ofMillis(world.random().nextInt(20_000)) : null;
            SlotRequest request =
                    pool.request(queue, "explore", preferred, kind == 2, kind == 2 ? Duration.ofSeconds(5) : limit);
            boolean[] withdrawn = new boolean[1];
            if (kind == 3) {
                process.stepAfter(Duration.ofMillis(world.random().nextInt(5_000)), "withdraw", () -> {
                    if (!request.result().isDone()) {
                        withdrawn[0] = true;
                        var unused = queue.withdraw(request);
                        ended();
                    }
                });
            }
            var unused = request.result().whenComplete((granted, failure) -> {
                if (withdrawn[0]) {
                    if (granted != null && granted.isPresent()) {
                        world.failed("a request that was withdrawn was granted " + granted, failure);
                    }
                } else if (granted != null && granted.isPresent()) {
                    holdFor(request.number(), granted.get());
                } else {
                    ended();
                }
            });
        }

        private void holdFor(int number, Hold granted) {
            slots.granted(granted, Set.of("slot " + number), Set.of(), () -> !process.hasCrashed());
            world.note(() -> process + " was granted slot " + number + " with token " + granted.fencingToken());
            if (number < 0 || number >= count) {
                world.failed("slot " + number + " of " + count + " was granted", null);
            }
            nobodyIsPassed(number, granted.fencingToken() / 1_024);
            process.stepAfter(use(), "give back", () -> {
                slots.releasing(granted);
                var unused = granted.surrender();
                ended();
            });
        }

        /** SLT-2: all in front have other numbers, which are stored. */
        private void nobodyIsPassed(int number, long createRevision) {
            for (Entry entry : Processes.places(world, DIRECTORY)) {
                OptionalInt other = SlotLines.of(entry).number();
                if (entry.createRevision() < createRevision && (other.isEmpty() || other.getAsInt() == number)) {
                    world.failed("slot " + number + " was granted to " + createRevision + " behind " + entry, null);
                }
            }
        }

        /** Some outlast a session. */
        private Duration use() {
            int longest =
                    world.random().nextInt(4) == 0 ? 30_000 : world.random().nextInt(2) == 0 ? 2_000 : 10;
            return Duration.ofMillis(world.random().nextInt(longest));
        }

        private void ended() {
            if (--left > 0) {
                process.step("next", this::next);
            }
        }
    }
}
