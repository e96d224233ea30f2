package io.sereno.recipes.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.properties.CandidateEvents;
import io.sereno.properties.Grants;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.FencingToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of a candidate: every kind of call that it and its session send in each phase of an election, times every
 * {@link RequestFault}, times the occurrence; under notices that are exact, repeated, and lost. Three candidates stand; then they change their metadata, lead on,
 * resign in turns, or one hands over to another; then they close, one after another.
 */
class ElectionRequestFaultsTest {
    private static final String DIRECTORY = "election/e";
    private static final Duration LIMIT = Duration.ofMinutes(2);

    enum Phase {
        START,
        METADATA,
        LEADERSHIP,
        HAND_OVER,
        TRANSFER,
        CLOSE;

        /** The kinds of calls that a candidate sends in the phase, by itself or when {@link Bench#provoke} makes it. */
        Set<Kind> sent() {
            Set<Kind> sent = EnumSet.of(Kind.GRANT, Kind.RENEW, Kind.REVOKE, Kind.MARKER_PUT, Kind.MARKER_CHECK);
            sent.addAll(EnumSet.of(Kind.READ_DIRECTORY, Kind.CHECK_OF_OWN, Kind.CHECK_OF_PREDECESSOR));
            sent.addAll(
                    switch (this) {
                        case START -> Set.of(Kind.WATCH, Kind.ENQUEUE, Kind.SETTLE);
                        case METADATA -> Set.of(Kind.REWRITE);
                        case LEADERSHIP -> Set.of();
                        case HAND_OVER -> Set.of(Kind.WATCH, Kind.ENQUEUE, Kind.SETTLE, Kind.ROLL_OVER, Kind.DELETE);
                        case TRANSFER -> Set.of(Kind.WATCH, Kind.SETTLE, Kind.ROLL_OVER, Kind.REWRITE);
                        case CLOSE -> Set.of(Kind.DELETE);
                    });
            return sent;
        }
    }

    record Cell(Phase phase, Kind kind, RequestFault fault, int victim, int occurrence, Notices notices) {
        /** If an operator removes the entry of a leader, only a notice tells the leader. */
        boolean isPossible() {
            return notices != Notices.NONE || RequestFault.withoutRemovals().contains(fault);
        }
    }

    static Stream<Arguments> calls() {
        return Stream.of(Phase.values()).flatMap(phase -> phase.sent().stream().map(kind -> Arguments.of(phase, kind)));
    }

    @ParameterizedTest
    @MethodSource("calls")
    void oneCandidateLeadsAndAllAreNotifiedUnderAnyFault(Phase phase, Kind kind) {
        for (RequestFault fault : RequestFault.values()) {
            int struck = 0;
            for (Notices notices : Notices.values()) {
                for (int occurrence = 1; occurrence <= 2; occurrence++) {
                    int victim = notices == Notices.REPEATED ? occurrence - 1 : 2 - occurrence;
                    Cell cell = new Cell(phase, kind, fault, victim, occurrence, notices);
                    struck += cell.isPossible() && new Run(cell).isStruck() ? 1 : 0;
                }
            }
            assertThat(struck)
                    .as("runs in which there was such a call for %s", fault)
                    .isPositive();
        }
    }

    /** The only thread closes the clients: no callback can begin, and no time can pass. */
    @Test
    @Timeout(30)
    void clientsCloseWhileTheirCandidaciesAreOpenAndCallbacksAndAnswersAreDue() {
        List<String> called = new ArrayList<>();
        try (Bench bench = new Bench(DIRECTORY, Notices.EXACT)) {
            for (String id : List.of("leader", "follower", "unanswered")) {
                Bench.Node node = bench.connect(id);
                node.wire().add(call -> id.equals("unanswered") && call.kind == Kind.ENQUEUE);
                node.client().open();
                new Candidacy(
                                new Scope(node.client(), Candidacy.RECIPE, "e", DIRECTORY),
                                Candidacy.Listeners.NONE
                                        .withLeader((leadership, topology) -> called.add(id))
                                        .withFollower(topology -> called.add(id)),
                                topology -> {})
                        .stand();
            }

            bench.closeAndExpectNothing();
        }
        assertThat(called).isEmpty();
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench;
        private final Grants grants = new Grants();
        private final List<Candidate> candidates = new ArrayList<>();
        private final Set<Long> led = new HashSet<>();
        private @Nullable Phase phase;
        private Duration excusedUntil = Duration.ZERO;

        Run(Cell cell) {
            this.cell = cell;
            this.bench = new Bench(DIRECTORY, cell.notices) {
                @Override
                protected void beforeFault(Node victim, RequestFault fault) {
                    if (fault.breaksTheLease()) {
                        excusedUntil = time.elapsed().plus(fault.toFindOut(notices()));
                    }
                }
            };
        }

        boolean isStruck() {
            return bench.isStruckIn(cell, this::anElection);
        }

        private void anElection() {
            List.of("a", "b", "c").forEach(id -> candidates.add(new Candidate(bench.connect(id))));
            Candidate victim = candidates.get(cell.victim);

            begin(Phase.START, victim);
            candidates.forEach(Candidate::stand);
            untilAllAgree();

            begin(cell.phase, victim);
            if (cell.phase == Phase.METADATA) {
                candidates.forEach(one -> one.describe("1"));
                candidates.forEach(one -> one.describe("2"));
                bench.later(Duration.ofSeconds(1), () -> candidates.forEach(one -> one.describe("3")));
            } else if (cell.phase == Phase.HAND_OVER) {
                candidates.forEach(one -> one.terms = 2);
                bench.later(Duration.ofSeconds(1), () -> candidates.forEach(Candidate::resign));
                until("all have led", () -> candidates.stream().allMatch(one -> one.terms <= 0));
            }
            if (cell.phase == Phase.TRANSFER) {
                transfer(candidates.get(2));
            }
            untilAllAgree();

            begin(Phase.CLOSE, victim);
            for (Candidate one : List.of(candidates.get(2), victim, candidates.get(1 - cell.victim))) {
                one.close();
                until("the candidacy of " + one.node + " has ended", one.gone::isDone);
                untilAllAgree();
            }
            expectNoPlaces();
            bench.closeAndExpectNothing();
            check();
        }

        /** The leader hands over to the last in the queue, which is neither the victim nor, as a rule, the next. */
        private void transfer(Candidate to) {
            Candidate leader =
                    candidates.stream().filter(Candidate::leads).findFirst().orElseThrow();
            Peer peer = to.candidacy.peers().known().self().orElseThrow();
            long token = FencingToken.of(peer.incarnation(), 0);
            CompletableFuture<Boolean> transferred =
                    leader.candidacy.transferTo(peer, Duration.ofSeconds(20)).result();
            until("the transfer has ended", transferred::isDone);
            check();
            boolean tookOver = !transferred.isCompletedExceptionally() && transferred.join();
            bench.log("transferred: " + transferred);
            if (tookOver) {
                assertThat(led).as("tokens of those that led").contains(token);
            }
        }

        private void begin(Phase next, Candidate victim) {
            boolean begins = phase != next;
            phase = next;
            bench.log("phase " + next);
            if (begins && phase == cell.phase) {
                bench.provoke(cell.kind, victim.node);
                bench.strike(
                        victim.node,
                        call -> phase == cell.phase && call.kind == cell.kind,
                        cell.occurrence,
                        cell.fault);
            }
        }

        /** First some time passes, so that sessions are renewed in each phase. */
        private void untilAllAgree() {
            Duration end = bench.time.elapsed().plus(Bench.TTL);
            while (bench.step(end)) {
                check();
            }
            until("all agree", this::allAgree);
        }

        private void until(String what, BooleanSupplier condition) {
            Duration end = bench.time.elapsed().plus(LIMIT);
            while (!condition.getAsBoolean()) {
                assertThat(bench.step(end)).as("%s within %s", what, LIMIT).isTrue();
                check();
            }
        }

        /** Late requests must not change that. */
        private void expectNoPlaces() {
            Duration end = bench.time.elapsed().plus(RequestFault.OUTAGE);
            while (bench.step(end)) {}
            assertThat(bench.live()).as("places at rest").isEmpty();
        }

        private boolean allAgree() {
            List<Candidate> standing =
                    candidates.stream().filter(one -> !one.gone.isDone()).toList();
            Set<Topology> seen = new HashSet<>();
            standing.forEach(one -> seen.add(one.shared()));
            return seen.size() == Math.min(1, standing.size())
                    && standing.stream().filter(Candidate::leads).count() == seen.size()
                    && standing.stream().allMatch(Candidate::isUpToDate)
                    && bench.live().size() == standing.size();
        }

        private void check() {
            for (Candidate one : candidates) {
                one.candidacy.leadership().ifPresent(leadership -> {
                    led.add(leadership.fencingToken());
                    grants.granted(leadership, () -> !isExcused(one.node));
                });
                assertThat(one.events.wrong()).as("events of %s", one.node).isEmpty();
            }
            assertThat(grants.wrong()).isEmpty();
        }

        /** The lease was broken, and the client has not had the time to notice. */
        private boolean isExcused(Bench.Node node) {
            return node.equals(candidates.get(cell.victim).node)
                    && bench.time.elapsed().compareTo(excusedUntil) <= 0;
        }

        private final class Candidate {
            private final Bench.Node node;
            private final Candidacy candidacy;
            private final CandidateEvents events = new CandidateEvents(false);
            private CompletableFuture<Void> gone = new CompletableFuture<>();
            private String version = "0";
            private int terms;

            Candidate(Bench.Node node) {
                this.node = node;
                this.candidacy = new Candidacy(
                        new Scope(node.client(), Candidacy.RECIPE, "e", DIRECTORY),
                        Candidacy.Listeners.NONE
                                .withLeader((leadership, topology) -> {
                                    role("leader");
                                    bench.later(Duration.ofSeconds(1), this::resign);
                                })
                                .withFollower(topology -> role("follower"))
                                .withJoined(events::joined)
                                .withLeft(events::left),
                        topology -> {});
            }

            void stand() {
                node.client().open();
                candidacy.stand();
            }

            void describe(String next) {
                version = next;
                candidacy.describe(Map.of("version", next));
            }

            private void role(String role) {
                bench.log(node + " is " + role);
                events.role(role);
                bench.guard(() -> assertThat(gone)
                        .as("%s has closed, and is %s", node, role)
                        .isNotDone());
            }

            /** Resigns, and queues at the tail, until all have led. */
            void resign() {
                boolean due = phase == Phase.HAND_OVER && candidates.stream().anyMatch(one -> one.terms > 0);
                candidacy.leadership().filter(hold -> due).ifPresent(hold -> {
                    terms--;
                    bench.log(node + " resigns " + hold.fencingToken());
                    grants.releasing(hold);
                    var unused = hold.surrender();
                });
            }

            void close() {
                candidacy.leadership().ifPresent(grants::releasing);
                bench.log(node + " closes");
                gone = candidacy.end();
            }

            boolean leads() {
                return candidacy.leadership().isPresent();
            }

            Topology shared() {
                Topology known = candidacy.peers().known();
                return new Topology(Optional.empty(), known.leader(), known.peers(), known.current());
            }

            /** The candidate knows its own role and metadata, and its callbacks have been notified of all others. */
            boolean isUpToDate() {
                Topology known = candidacy.peers().known();
                Set<Long> others = new HashSet<>();
                known.peers().forEach(peer -> others.add(peer.incarnation()));
                known.self().map(Peer::incarnation).ifPresent(others::remove);
                return known.current()
                        && known.isLeader() == leads()
                        && known.self()
                                .filter(self -> self.metadata()
                                        .getOrDefault("version", "0")
                                        .equals(version))
                                .isPresent()
                        && events.present().equals(others);
            }
        }
    }
}
