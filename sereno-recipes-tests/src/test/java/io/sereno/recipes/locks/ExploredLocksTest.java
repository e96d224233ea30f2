package io.sereno.recipes.locks;

import io.sereno.properties.LockedNames;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Session;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real locks with readers, and over several names, in thousands of schedules: three clients with three callers each, that acquire, try, give up,
 * withdraw, downgrade and release, under faults. The planted bug is a backend that gives the recipe the answers that a bug would assume.
 */
class ExploredLocksTest {
    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    /** What callers want. */
    enum Shape {
        READERS_AND_WRITERS("rwlock/x"),
        SEVERAL_NAMES("lockset/x");

        private final String directory;

        Shape(String directory) {
            this.directory = directory;
        }

        private Claims claims(SplittableRandom random) {
            return switch (this) {
                case READERS_AND_WRITERS -> random.nextInt(3) == 0 ? Claims.WRITE_LOCK : Claims.READ_LOCK;
                case SEVERAL_NAMES -> several(random);
            };
        }

        private static Claims several(SplittableRandom random) {
            Set<String> write = new HashSet<>();
            Set<String> read = new HashSet<>();
            for (String name : new String[] {"a", "b", "c"}) {
                int mode = random.nextInt(4);
                if (mode == 0) {
                    write.add(name);
                } else if (mode == 1) {
                    read.add(name);
                }
            }
            if (!write.isEmpty()) {
                return Claims.ofWriter(write, read);
            }
            return read.isEmpty() ? Claims.ofWriter(Set.of("a", "b"), Set.of()) : Claims.ofReader(read);
        }
    }

    @ParameterizedTest
    @EnumSource
    void locksKeepTheirPromises(Shape shape) {
        Explorations.holdsInDistinctSchedules(explorer(shape, LyingBackend.Lie.NONE), 800, Fault.survivable());
    }

    @ParameterizedTest
    @EnumSource
    void locksSurviveClientsThatCrash(Shape shape) {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(shape, LyingBackend.Lie.NONE).seed(2).faults(5, faults), 250, Set.of(Fault.CRASH));
    }

    /** More predecessors that block than one commit can prove gone. */
    @Test
    void aLongQueueKeepsThePromisesToo() {
        Explorations.explore(
                explorer(Shape.READERS_AND_WRITERS, LyingBackend.Lie.NONE)
                        .seed(3)
                        .clients(40)
                        .faults(20, Fault.survivable())
                        .turmoil(10_000)
                        .patience(Duration.ofHours(2)),
                8,
                Set.of());
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedBugIsFoundWithinAThousandSchedules(LyingBackend.Lie lie) {
        // With all faults, one in hundreds of schedules cuts off a holder whom another one follows.
        Set<Fault> faults = lie == LyingBackend.Lie.EVERY_RENEWAL_COUNTS ? Set.of(Fault.CUT_OFF) : Fault.survivable();
        Explorations.finds(explorer(Shape.READERS_AND_WRITERS, lie).faults(6, faults), 1_000);
    }

    private Explorer explorer(Shape shape, LyingBackend.Lie lie) {
        return new Explorer("locks, " + shape + ", " + lie, world -> {
            LockedNames names = new LockedNames();
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                process.step("connect", client::open);
                for (int i = 0; i < 3; i++) {
                    Caller caller = new Caller(world, process, client, shape, names);
                    process.step("begin", caller::next);
                    process.eventually("a caller comes to its end", () -> caller.left == 0);
                }
                if (world.clients().size() <= 3) {
                    // Each event reads the queue for each client, which takes too long with many of both.
                    world.always("no place is left over", () -> nothingIsLeftOver(world, client, shape.directory));
                }
                process.eventually(
                        "nothing is in use",
                        () -> client.shared(LockQueue.QUEUES).size() == 0);
            }
            Processes.alwaysRight(world, names::wrong);
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.eventually(
                    "the queue is empty",
                    () -> Processes.places(world, shape.directory).isEmpty());
        });
    }

    /** A client never makes another place before it is sure that a place which it gave up for it is gone, even if requests are lost or late. */
    private static boolean nothingIsLeftOver(World world, Client client, String directory) {
        Session session = client.sessions().current();
        if (session == null) {
            return true;
        }
        long stored = Processes.places(world, directory).stream()
                .filter(entry -> entry.name().startsWith(session.id() + "-"))
                .count();
        LockQueue queue = new LockFacade(client, "locks", "x", directory).queue("count");
        int known = queue.places();
        queue.exit();
        return stored <= known;
    }

    /** Three times: acquires names, in one way or another, and releases them a little later. */
    private static final class Caller {
        private final World world;
        private final SimulatedClient process;
        private final LockFacade locks;
        private final Shape shape;
        private final LockedNames names;
        private int left = 3;

        Caller(World world, SimulatedClient process, Client client, Shape shape, LockedNames names) {
            this.world = world;
            this.process = process;
            this.locks = new LockFacade(client, "locks", "x", shape.directory);
            this.shape = shape;
            this.names = names;
        }

        void next() {
            int kind = world.random().nextInt(5);
            Claims claims = shape.claims(world.random());
            LockQueue queue = locks.queue("explore");
            Duration limit = kind == 1 ? Duration.ofMillis(world.random().nextInt(20_000)) : null;
            LockRequest request =
                    queue.request("explore", claims, kind == 2, kind == 2 ? Duration.ofSeconds(5) : limit);
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
                    world.failed("a request that was withdrawn ended with " + granted, failure);
                } else if (granted != null && granted.isPresent()) {
                    holdFor(request, granted.get());
                } else {
                    ended();
                }
            });
        }

        private void holdFor(LockRequest request, Hold granted) {
            Claims claims = request.claims;
            names.granted(granted, claims.write(), claims.read(), () -> !process.hasCrashed());
            world.note(() -> process + " was granted " + granted.fencingToken() + " for " + claims);
            nobodyIsPassed(claims, granted.fencingToken() / 1_024);
            SharedRight right = SharedRight.of(request, granted);
            process.stepAfter(use(), "give back", () -> {
                if (right instanceof ExclusiveRight exclusive
                        && granted.isHeld()
                        && world.random().nextBoolean()) {
                    downgrade(exclusive);
                } else {
                    giveBack(granted);
                }
            });
        }

        private void downgrade(ExclusiveRight exclusive) {
            SharedRight weaker = exclusive.weaken();
            names.downgraded(exclusive.hold(), weaker.hold());
            process.stepAfter(use(), "give back", () -> giveBack(weaker.hold()));
        }

        private void giveBack(Hold hold) {
            names.releasing(hold);
            var unused = hold.surrender();
            ended();
        }

        /** RWL-3: whoever was in front and conflicts is gone, or has become weaker. */
        private void nobodyIsPassed(Claims claims, long createRevision) {
            for (Entry entry : Processes.places(world, shape.directory)) {
                if (entry.createRevision() < createRevision && claims.conflictsWith(entry)) {
                    world.failed("entry " + createRevision + ", " + claims + ", passed " + entry, null);
                }
            }
        }

        /** Most uses are so short that a series of them fits into the 20 ms of one place; some outlast a session. */
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
