package io.sereno.recipes.ids;

import io.sereno.IdLayout;
import io.sereno.properties.Ids;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.JumpyTime;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.LyingBackend.Lie;
import io.sereno.recipes.MixedReads;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real id generator in thousands of schedules: three nodes whose wall clocks jump, four slots, four ids a tick. */
class ExploredIdsTest {
    private static final String DIRECTORY = "ids/x";
    private static final IdLayout LAYOUT =
            new IdLayout(40, Duration.ofMillis(100), 2, 2, Instant.parse("2014-09-01T00:00:00Z"));
    private static final int ENOUGH = 60;

    @Test
    void idsAreUniqueAndRiseWhateverClocksAndLeasesDo() {
        Set<Fault> faults = EnumSet.copyOf(Fault.survivable());
        faults.remove(Fault.LOSE_SNAPSHOT); // None is asked for.
        Explorations.holdsInDistinctSchedules(
                explorer("ids", UnaryOperator.identity()).faults(3, faults), 4_000, faults);
    }

    /** Leases may also end without their owners' knowledge: no id depends on a lease. */
    @Test
    void idsSurviveNodesThatCrashAndLeasesThatEndTooEarly() {
        Set<Fault> faults = Fault.withoutLossOfWrites();
        Explorations.holds(
                explorer("ids, with all faults", UnaryOperator.identity())
                        .seed(2)
                        .faults(8, faults),
                1_000,
                Set.of(Fault.CRASH, Fault.END_LEASE));
    }

    /** Then only one thing is required: every call ends. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void noCallHangsWhereTheStoreGoesBack(Fault loss) {
        Explorations.holdsWhereTheStoreGoesBack(explorer("ids, " + loss, UnaryOperator.identity(), true), 600, loss);
    }

    @Test
    void aStoreThatDoesNotCompareIsDetected() {
        Explorations.finds(explorer("ids, nothing compared", Uncompared::new), 1_000);
    }

    private static Explorer explorer(String name, UnaryOperator<Backend> backend) {
        return explorer(name, backend, false);
    }

    private static Explorer explorer(String name, UnaryOperator<Backend> backend, boolean losing) {
        return new Explorer(name, world -> {
            Ids made = new Ids(LAYOUT);
            for (SimulatedClient process : world.clients()) {
                JumpyTime clock = new JumpyTime(process.time());
                Backend mixing =
                        new MixedReads(process.backend(), world.random().split());
                Client client = Processes.client(process, backend.apply(mixing), clock);
                process.step("connect", client::open);
                Maker maker = new Maker(world, process, client, clock, made);
                process.step("make", maker::make);
                process.eventually("has made as many as it wanted", () -> maker.count >= ENOUGH);
            }
            Processes.operatorRemoves(world, DIRECTORY, entry -> entry.name().startsWith("slot-"));
            if (!losing) { // Otherwise a reservation may be lost, and its ticks may be reserved again by another
                // client.
                Processes.alwaysRight(world, () -> made.wrong(() -> Processes.queue(world, DIRECTORY)));
            }
        });
    }

    /** Commits without checking the conditions. */
    private static final class Uncompared extends LyingBackend {
        Uncompared(Backend real) {
            super(real, Lie.NONE);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(
                    commit.directory().equals(DIRECTORY)
                            ? new Commit(commit.directory(), List.of(), commit.writes(), commit.returning())
                            : commit);
        }
    }

    /** Takes what there is and asks for one more, again and again, while its clock jumps. */
    private static final class Maker {
        private final World world;
        private final SimulatedClient process;
        private final JumpyTime clock;
        private final Ids made;
        private final IdSource source;
        /** The latest time that its clock has shown. */
        private Instant latest = Instant.MIN;

        private int count;

        Maker(World world, SimulatedClient process, Client client, JumpyTime clock, Ids made) {
            this.world = world;
            this.process = process;
            this.clock = clock;
            this.made = made;
            this.source = new IdSource(new Scope(client, IdSource.RECIPE, "x", DIRECTORY), LAYOUT);
        }

        void make() {
            readClock();
            if (world.random().nextInt(4) == 0) {
                clock.jump(Duration.ofMillis(world.random().nextInt(6_000) - 3_000L));
            }
            for (int i = 0; i < 3; i++) {
                long id = source.take();
                if (id != IdSequence.NONE) {
                    made(id);
                }
            }
            var unused = source.request("nextIds", 8, false, Duration.ofSeconds(5))
                    .result()
                    .whenComplete((ids, failure) -> {
                        if (failure == null) {
                            for (long id : ids.orElseThrow()) {
                                made(id);
                            }
                        }
                        if (count < ENOUGH) {
                            int longest = world.random().nextInt(3) == 0 ? 3_000 : 300;
                            process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), "make", this::make);
                        }
                    });
        }

        private void made(long id) {
            count++;
            var unused = made.made(process.name(), id);
            readClock();
            if (LAYOUT.decode(id).time().isAfter(latest)) {
                world.failed(process + " made " + id + " before its time", null);
            }
        }

        private void readClock() {
            latest = Collections.max(List.of(latest, clock.wall()));
        }
    }
}
