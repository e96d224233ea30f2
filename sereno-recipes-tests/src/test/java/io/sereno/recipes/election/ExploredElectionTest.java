package io.sereno.recipes.election;

import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.recipes.Defects;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
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
    private static final String ONE_LEADER = "at most one relies on its leadership";

    private final Defects defects = new Defects();

    @AfterEach
    void close() {
        defects.close();
    }

    @Test
    void theElectionKeepsItsPromises() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 5_200, Fault.survivable());
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
        Explorations.finds(explorer(lie).faults(6, Fault.survivable()), 1_000);
    }

    private Explorer explorer(LyingBackend.Lie lie) {
        return explorer(lie, false);
    }

    private Explorer explorer(LyingBackend.Lie lie, boolean losing) {
        return new Explorer("election, " + lie, world -> {
            List<Candidate> candidates = new ArrayList<>();
            Terms terms = new Terms(losing);
            for (SimulatedClient process : world.clients()) {
                Client client = Processes.client(process, new LyingBackend(process.backend(), lie));
                Candidate candidate = new Candidate(world, process, client, terms, candidates);
                candidates.add(candidate);
                process.step("connect", client::open);
                process.step("start", candidate::start);
                process.eventually("has done all that it wanted", () -> candidate.left == 0);
            }
            world.always(ONE_LEADER, () -> {
                int leaders = 0;
                for (int i = 0; i < candidates.size(); i++) {
                    leaders += candidates.get(i).leads() ? 1 : 0;
                }
                return losing || leaders <= 1;
            });
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
                    && candidate.joinedPeers().equals(candidate.othersIn(known));
            if (!right) {
                return false;
            }
            seen.add(new Topology(Optional.empty(), known.leader(), known.peers(), true));
        }
        return seen.size() <= 1 && (standing.isEmpty() || standing.stream().anyMatch(Candidate::leads));
    }

    private static final class Terms {
        private final boolean mayRepeat;
        private long lastToken;

        Terms(boolean mayRepeat) {
            this.mayRepeat = mayRepeat;
        }
    }

    /**
     * Resigns each time that it leads, until all have led twice; changes its metadata twice; and, by chance, closes after its second term.
     */
    private static final class Candidate {
        private final World world;
        private final SimulatedClient process;
        private final Terms terms;
        private final List<Candidate> all;
        private final Candidacy candidacy;
        private final Set<Long> joinedPeers = new HashSet<>();
        private String lastCallback = "";
        private boolean closed;
        private int left = 2;

        Candidate(World world, SimulatedClient process, Client client, Terms terms, List<Candidate> all) {
            this.world = world;
            this.process = process;
            this.terms = terms;
            this.all = all;
            Scope scope = new Scope(client, Candidacy.RECIPE, "e", DIRECTORY);
            this.candidacy = new Candidacy(
                    scope,
                    Candidacy.Listeners.NONE
                            .withLeader((leadership, topology) -> leading(leadership))
                            .withFollower(topology -> callback("follower"))
                            .withJoined((peer, topology) -> joined(peer))
                            .withLeft((peer, topology) -> left(peer)));
        }

        void start() {
            candidacy.stand();
            process.stepAfter(Duration.ofMillis(world.random().nextInt(3_000)), "describe", () -> {
                candidacy.describe(Map.of("n", "1"));
                candidacy.describe(Map.of("n", "2"));
            });
        }

        boolean leads() {
            return !process.hasCrashed() && candidacy.leadership().isPresent();
        }

        boolean stands() {
            return !closed && !process.hasCrashed();
        }

        Set<Long> joinedPeers() {
            return joinedPeers;
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
            callback("leader");
            if (leadership.fencingToken() <= terms.lastToken && leadership.isHeld() && !terms.mayRepeat) {
                world.failed("token " + leadership.fencingToken() + " leads after " + terms.lastToken, null);
            }
            terms.lastToken = Math.max(terms.lastToken, leadership.fencingToken());
            int longest = world.random().nextInt(4) == 0 ? 30_000 : 3_000;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(longest)), "resign", () -> resign(leadership));
        }

        private void resign(Leadership leadership) {
            left = Math.max(0, left - 1);
            if (left == 0 && world.random().nextInt(4) == 0) {
                closed = true;
                var unused = candidacy.end();
            } else if (all.stream().anyMatch(other -> other.left > 0 && other.stands())) {
                var unused = ((Hold) leadership).surrender();
            }
        }

        private void callback(String kind) {
            if (kind.equals(lastCallback)) {
                world.failed(process + " is notified twice that it is " + kind, null);
            }
            lastCallback = kind;
        }

        private void joined(Peer peer) {
            if (!joinedPeers.add(peer.incarnation())) {
                world.failed(process + " is notified twice that " + peer + " joined", null);
            }
        }

        private void left(Peer peer) {
            if (!joinedPeers.remove(peer.incarnation())) {
                world.failed(process + " is notified that " + peer + " left, and not that it had joined", null);
            }
        }
    }
}
