package io.sereno.recipes.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.properties.CandidateEvents;
import io.sereno.properties.Grants;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real election in thousands of schedules: three candidates that lead, resign and change their metadata, and one
 * that closes.
 */
class ExploredElectionTest {
    private static final String DIRECTORY = "election/e";

    private final Defects defects = new Defects();
    private final AtomicInteger transfers = new AtomicInteger();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void theElectionKeepsItsPromises() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 5_200, Fault.survivable());
        assertThat(transfers).as("transfers").hasValueGreaterThan(2_000);
    }

    @Test
    void theElectionSurvivesCandidatesThatCrash() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(2).faults(5, faults), 500, Set.of(Fault.CRASH));
    }

    /** Then only two things are required: every call ends, and all clients agree in the end. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void noCallHangsWhereTheStoreGoesBack(Fault loss) {
        Explorations.holdsWhereTheStoreGoesBack(explorer(LyingBackend.Lie.NONE, true), 600, loss);
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedBugIsFoundWithinAThousandSchedules(LyingBackend.Lie lie) {
        // With all faults, one in a thousand schedules cuts off a leader that another one follows.
        Set<Fault> faults = lie == LyingBackend.Lie.EVERY_RENEWAL_COUNTS ? Set.of(Fault.CUT_OFF) : Fault.survivable();
        Explorations.finds(explorer(lie).faults(6, faults), 1_000);
    }

    private Explorer explorer(LyingBackend.Lie lie) {
        return explorer(lie, false);
    }

    private Explorer explorer(LyingBackend.Lie lie, boolean losing) {
        return new Explorer("election, " + lie, world -> {
            List<Candidate> candidates = new ArrayList<>();
            Grants grants = new Grants();
            Set<Long> led = new HashSet<>();
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                Candidate candidate = new Candidate(world, process, client, candidates, transfers::incrementAndGet);
                candidates.add(candidate);
                Processes.alwaysRight(world, candidate.events::wrong);
                process.step("connect", client::open);
                process.step("start", candidate::start);
                process.eventually("has done all that it wanted", () -> candidate.left == 0);
            }
            if (!losing) {
                Processes.alwaysRight(world, () -> {
                    candidates.forEach(one -> one.candidacy.leadership().ifPresent(leadership -> {
                        led.add(leadership.fencingToken());
                        grants.granted(leadership, () -> !one.process.hasCrashed());
                    }));
                    return grants.wrong();
                });
                world.always(
                        "whoever took over has led",
                        () -> candidates.stream().allMatch(one -> led.containsAll(one.tookOver)));
            }
            world.always("no task of the kernel fails", () -> defects.found().isEmpty());
            world.always(
                    "each session has one place", () -> losing || Processes.eachSessionHasOnePlace(world, DIRECTORY));
            world.eventually("all candidates see the same leader and the same peers", () -> agree(candidates));
        });
    }

    private static boolean agree(List<Candidate> candidates) {
        List<Candidate> standing = candidates.stream().filter(Candidate::stands).toList();
        Set<Topology> seen = new HashSet<>();
        for (Candidate candidate : standing) {
            Topology known = candidate.candidacy.peers().known();
            boolean right = known.current()
                    && known.self().isPresent()
                    && known.peers().size() == standing.size()
                    && known.isLeader() == candidate.leads()
                    && candidate.events.present().equals(candidate.othersIn(known));
            if (!right) {
                return false;
            }
            seen.add(new Topology(Optional.empty(), known.leader(), known.peers(), true));
        }
        return seen.size() <= 1 && (standing.isEmpty() || standing.stream().anyMatch(Candidate::leads));
    }

    /**
     * Resigns each time that it leads, or hands over to a peer, until all have led twice; changes its metadata twice; and, by chance, closes after its second
     * term. By chance it has a priority.
     */
    private static final class Candidate {
        private final World world;
        private final SimulatedClient process;
        private final List<Candidate> all;
        private final Runnable transferred;
        private final Candidacy candidacy;
        private final CandidateEvents events;
        /** The tokens of peers that took over. */
        private final Set<Long> tookOver = new HashSet<>();

        private boolean closed;
        private int left = 2;

        Candidate(World world, SimulatedClient process, Client client, List<Candidate> all, Runnable transferred) {
            this.transferred = transferred;
            this.world = world;
            this.process = process;
            this.all = all;
            this.events = new CandidateEvents(true);
            Scope scope = new Scope(client, Candidacy.RECIPE, "e", DIRECTORY);
            this.candidacy = new Candidacy(
                    scope,
                    Candidacy.Listeners.NONE
                            .withLeader((leadership, topology) -> leading(leadership))
                            .withFollower(topology -> events.role("follower"))
                            .withJoined(events::joined)
                            .withLeft(events::left),
                    topology -> {});
        }

        void start() {
            candidacy.prioritize(world.random().nextInt(3) / 2);
            candidacy.stand();
            process.stepAfter(Duration.ofMillis(world.random().nextInt(3_000)), "describe", () -> {
                candidacy.describe(Map.of("n", "1"));
                candidacy.describe(Map.of("n", "2"));
            });
        }

        private static void giveBack(Hold leadership) {
            var unused = leadership.surrender();
        }

        /** If the peer does not take over, resigns. */
        private void transfer(Hold leadership) {
            List<Peer> others = candidacy.peers().known().peers().stream()
                    .filter(peer -> !process.name().equals(peer.nodeId()))
                    .toList();
            if (others.isEmpty()) {
                giveBack(leadership);
                return;
            }
            Peer chosen = others.get(world.random().nextInt(others.size()));
            var unused = candidacy
                    .transferTo(chosen, Duration.ofSeconds(1 + world.random().nextInt(8)))
                    .result()
                    .whenComplete((led, failure) -> {
                        if (Boolean.TRUE.equals(led)) {
                            transferred.run();
                            tookOver.add(FencingToken.of(chosen.incarnation(), 0));
                        }
                        giveBack(leadership);
                    });
        }

        boolean leads() {
            return !process.hasCrashed() && candidacy.leadership().isPresent();
        }

        boolean stands() {
            return !closed && !process.hasCrashed();
        }

        Set<Long> othersIn(Topology topology) {
            Set<Long> others = new HashSet<>();
            for (Peer peer : topology.peers()) {
                if (!topology.self().equals(Optional.of(peer))) {
                    others.add(peer.incarnation());
                }
            }
            return others;
        }

        private void leading(Leadership leadership) {
            events.role("leader");
            int longest = world.random().nextInt(4) == 0 ? 30_000 : 3_000;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), "resign", () -> resign(leadership));
        }

        private void resign(Leadership leadership) {
            left = Math.max(0, left - 1);
            if (left == 0) {
                candidacy.prioritize(-1); // Else two candidates of high priority would lead in turns.
            }
            if (left == 0 && world.random().nextInt(4) == 0) {
                closed = true;
                var unused = candidacy.end();
            } else if (all.stream().anyMatch(other -> other.left > 0 && other.stands())) {
                if (world.random().nextInt(3) == 0) {
                    transfer((Hold) leadership);
                } else {
                    giveBack((Hold) leadership);
                }
            }
        }
    }
}
