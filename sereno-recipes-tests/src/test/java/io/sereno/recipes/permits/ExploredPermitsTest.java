package io.sereno.recipes.permits;

import io.sereno.properties.PermitsInUse;
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
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real permit pool in thousands of schedules: three clients with three callers each, that acquire, try, give up, withdraw and release, light and
 * heavy, while the limit is raised and lowered, under faults. The planted bugs are a backend that gives the recipe the answers that a bug would assume.
 */
class ExploredPermitsTest {
    private static final String DIRECTORY = "semaphore/x";
    private static final int LIMIT = 3;

    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void theLimitIsKeptAndEverybodyIsServed() {
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
        return new Explorer("permits, " + lie, world -> {
            PermitsInUse permits = new PermitsInUse(LIMIT);
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                process.step("connect", client::open);
                for (int i = 0; i < 3; i++) {
                    Caller caller = new Caller(world, process, client, permits);
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
                if (world.clients().indexOf(process) == 0) {
                    changes(world, process, client, permits, 0);
                }
            }
            Processes.alwaysRight(world, permits::wrong);
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.eventually(
                    "the queue is empty",
                    () -> Processes.places(world, DIRECTORY).isEmpty());
        });
    }

    /** Several times: raises or lowers the limit, at times below what the heaviest caller asks for. */
    private static void changes(World world, SimulatedClient process, Client client, PermitsInUse permits, int round) {
        process.stepAfter(Duration.ofMillis(world.random().nextInt(8_000)), "change the limit", () -> {
            int limit = LIMIT - 1 + world.random().nextInt(4);
            permits.changes(limit);
            var unused = pool(client).changeLimit(limit).whenComplete((done, failure) -> {
                if (failure == null) {
                    permits.changed(limit);
                    world.note(() -> "the limit is " + limit);
                } else {
                    permits.maybeChanged(limit);
                }
                if (round < 4) {
                    changes(world, process, client, permits, round + 1);
                }
            });
        });
    }

    private static PermitPoolRecipe pool(Client client) {
        return new PermitPoolRecipe(client, "x", LIMIT, DIRECTORY);
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
        PoolQueue queue = pool(client).queue("count");
        int known = queue.places();
        queue.exit();
        return stored <= known;
    }

    /** Three times: acquires permits, in one way or another, and releases them a little later. */
    private static final class Caller {
        private final World world;
        private final SimulatedClient process;
        private final PermitPoolRecipe pool;
        private final PermitsInUse permits;
        private int left = 3;

        Caller(World world, SimulatedClient process, Client client, PermitsInUse permits) {
            this.world = world;
            this.process = process;
            this.pool = pool(client);
            this.permits = permits;
        }

        void next() {
            int kind = world.random().nextInt(5);
            int weight = world.random().nextInt(3) == 0 ? 1 + world.random().nextInt(LIMIT) : 1;
            PoolQueue queue = pool.queue("explore");
            Duration limit = kind == 1 ? Duration.ofMillis(world.random().nextInt(20_000)) : null;
            PermitsInUse.Attempt attempt = permits.begins();
            PermitRequest request =
                    pool.request(queue, "explore", weight, kind == 2, kind == 2 ? Duration.ofSeconds(5) : limit);
            boolean[] withdrawn = new boolean[1];
            if (kind == 3) {
                process.stepAfter(Duration.ofMillis(world.random().nextInt(5_000)), "withdraw", () -> {
                    if (!request.result().isDone()) {
                        withdrawn[0] = true;
                        var unused = queue.withdraw(request);
                        ended(attempt);
                    }
                });
            }
            var unused = request.result().whenComplete((granted, failure) -> {
                if (withdrawn[0]) {
                    // It may have been refused before.
                    if (granted != null && granted.isPresent()) {
                        world.failed("a request that was withdrawn was granted " + granted, failure);
                    }
                } else if (granted != null && granted.isPresent()) {
                    holdFor(attempt, weight, granted.get());
                } else {
                    ended(attempt);
                }
            });
        }

        private void holdFor(PermitsInUse.Attempt attempt, int weight, Hold granted) {
            permits.granted(attempt, granted, weight, () -> !process.hasCrashed());
            world.note(() -> process + " was granted " + granted.fencingToken() + " for " + weight);
            nobodyIsPassed(attempt, weight, granted.fencingToken() / 1_024);
            process.stepAfter(use(), "give back", () -> {
                permits.releasing(granted);
                var unused = granted.surrender();
                ended(attempt);
            });
        }

        /** SEM-2: the permits, and those of everybody in front, fit into the limit. */
        private void nobodyIsPassed(PermitsInUse.Attempt attempt, int weight, long createRevision) {
            long sum = weight;
            for (Entry entry : Processes.places(world, DIRECTORY)) {
                sum += entry.createRevision() < createRevision
                        ? Weight.of(entry).permits()
                        : 0;
            }
            if (sum > attempt.most()) {
                world.failed(sum + " permits with those in front of entry " + createRevision, null);
            }
        }

        /** Some outlast a session. */
        private Duration use() {
            int longest =
                    world.random().nextInt(4) == 0 ? 30_000 : world.random().nextInt(2) == 0 ? 2_000 : 10;
            return Duration.ofMillis(world.random().nextInt(longest));
        }

        private void ended(PermitsInUse.Attempt attempt) {
            permits.ended(attempt);
            if (--left > 0) {
                process.step("next", this::next);
            }
        }
    }
}
