package io.sereno.suite.election;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.properties.Grants;
import io.sereno.spi.Entry;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The election, while connections break and leaders die. */
public class LeaderFaultRules {
    private static final String NAME = "election";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "LDR-2", waits = true, check = "LEA-2: when an entry goes, and until when its leader believes")
    void aLeaderThatIsCutOffDoesNotLeadWhenAnotherLeads(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node leading = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        LeaderElection first = LeaderRules.candidate(bench, leading).start();
        Leadership before = LeaderRules.lead(bench, leading, first);
        LeaderElection second = LeaderRules.candidate(bench, next).start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        Grants grants = new Grants();
        bench.right(grants.granted(before));
        Calling<Leadership> waiting = next.calls("awaitLeadership", () -> {
            Leadership after = second.awaitLeadership();
            grants.granted(after);
            return after;
        });
        // From now on the leader relies on its renewals.
        bench.pass(ttl.dividedBy(2));
        leading.faults().cutOff();
        waiting.result(LONG);
        bench.right(grants.wrong());
        leading.faults().heal();
    }

    @Rule(
            value = "LDR-3",
            waits = true,
            check = "LEA-3a and WAT-4: whether the entry of a leader that died goes in time, and is announced")
    void anotherLeadsInTimeAfterTheLeaderDied(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        LeaderElection first = LeaderRules.candidate(bench, dying).start();
        Grants grants = new Grants();
        bench.right(grants.granted(LeaderRules.lead(bench, dying, first)));
        LeaderElection second = LeaderRules.candidate(bench, next).start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        dying.faults().cutOff();
        long from = bench.now();
        Leadership after = LeaderRules.lead(bench, next, second);
        bench.within(
                bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS)),
                from,
                "the fail-over from a leader with a session of " + ttl);
        bench.right(grants.granted(after));
        dying.faults().heal();
    }

    @Rule(value = "LDR-7", waits = true, check = "LEA-2, and what extends the belief of a session")
    void aLeaderThatIsCutOffStepsDownByItself(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node leading = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        CompletableFuture<Void> open = new CompletableFuture<>();
        AtomicInteger interrupts = new AtomicInteger();
        LeaderElection first = LeaderRules.candidate(bench, leading);
        first.onElectedLeader((leadership, topology) -> LeaderRules.linger(bench, open, interrupts))
                .start();
        Leadership leadership = LeaderRules.lead(bench, leading, first);
        CompletableFuture<LossCause> lost = leadership.lost().toCompletableFuture();
        LeaderElection second = LeaderRules.candidate(bench, next).start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        leading.faults().cutOff();
        long cut = bench.now();
        Duration belief = ttl.minus(Node.margin(ttl));
        long deadline = cut + belief.toNanos();
        int looks = 0;
        while (bench.now() - deadline < 0 || leadership.isHeld()) {
            long before = bench.now();
            boolean believes = leadership.isHeld();
            bench.verify(
                    !believes || before - deadline <= 0,
                    () -> "a leader was cut off " + Bench.text(Duration.ofNanos(before - cut))
                            + " ago, and isHeld() is true; its session has a ttl of " + ttl);
            Optional<Leadership> other = second.leadership();
            bench.verify(
                    other.isEmpty() || !other.get().isHeld() || !leadership.isHeld(),
                    () -> next + " leads while " + leading + ", cut off, relies on its leadership");
            looks += believes ? 1 : 0;
            bench.pass(Duration.ofMillis(10));
        }
        bench.evidence("checks while it relied on its grant", looks, 3);
        bench.verify(
                bench.reach(lost::isDone, TRIPS) && bench.reach(() -> interrupts.get() > 0, TRIPS),
                () -> "a leader was cut off " + Bench.text(bench.since(cut)) + " ago; lost() is "
                        + (lost.isDone() ? "" : "not ") + "complete, its callback was interrupted "
                        + interrupts.get() + " times");
        bench.within(belief.plusMillis(250), cut, "lost() of a leader that was cut off");
        bench.same("the cause", LossCause.SESSION_EXPIRED, lost.join());
        bench.same("leadership() after the loss", Optional.empty(), first.leadership());
        LeaderRules.lead(bench, next, second);
        open.complete(null);
        bench.stir();
        leading.faults().heal();
    }

    @Rule(
            value = "LDR-13",
            waits = true,
            check = "which leader a candidate names while its own entry may still be in front of the others")
    void aFormerLeaderNamesNoLeaderThatHasNotLed(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node leading = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        LeaderElection first = LeaderRules.candidate(bench, leading).start();
        Leadership leadership = LeaderRules.lead(bench, leading, first);
        LeaderElection second = LeaderRules.candidate(bench, next).start();
        LeaderRules.requirePeers(bench, leading, first, List.of(leading.name(), next.name()));
        leading.faults().cutOff();
        bench.verify(
                bench.reach(() -> !leadership.isHeld(), ttl.plus(TRIPS)),
                () -> "a leader that is cut off relies on its leadership for longer than its ttl of " + ttl);
        // It gets no answers, so it cannot know of another leader.
        Optional<Peer> named = first.topology().leader();
        bench.same(
                "the leader that a cut-off candidate names when it has lost the leadership", Optional.empty(), named);
        leading.faults().heal();
        LeaderRules.lead(bench, next, second);
        bench.verify(
                bench.reach(
                        () -> first.topology()
                                .leader()
                                .map(Peer::nodeId)
                                .equals(Optional.of(next.sereno().nodeId())),
                        LONG),
                () -> leading + " does not see in time that " + next + " leads: " + first.topology());
    }

    @Rule(value = "LDR-6", waits = true, check = "WAT-3 and WAT-8: whether a view is read again after a break")
    void observersComeToSeeTheSame(Bench bench) {
        List<Node> nodes = new ArrayList<>(List.of(
                Node.breakable(bench, Node.steady(bench)).awaitSession(),
                Node.breakable(bench, Node.steady(bench)).awaitSession(),
                Node.in(bench)));
        List<LeaderElection> candidates = new ArrayList<>();
        for (Node node : nodes) {
            candidates.add(LeaderRules.candidate(bench, node).start());
            Queues.ofElection(bench, NAME).await(bench, candidates.size());
        }
        for (int i = 0; i < 2; i++) {
            nodes.get(i).faults().breakConnections();
            nodes.get(2).run("resign", candidates.get(2)::resign);
            nodes.get(i).faults().heal();
            nodes.get(2)
                    .calls("metadata", () -> candidates.get(2).metadata(java.util.Map.of("a", "b")))
                    .end(LONG);
        }
        nodes.get(0).acts("resign", () -> candidates.get(0).resign()).end(LONG);
        Queues.ofElection(bench, NAME).await(bench, 3);
        bench.pass(Duration.ofMillis(200));
        long from = bench.now();
        Duration bound = bench.guarantees()
                .recovery()
                .plus(Node.steady(bench).multipliedBy(2))
                .plus(TRIPS);
        while (true) {
            // A candidate may enrol again while it does not know how its last request ended; the store shows who is
            // enrolled.
            List<Long> queue = Queues.ofElection(bench, NAME).live().stream()
                    .map(Entry::createRevision)
                    .toList();
            List<List<Long>> views = candidates.stream()
                    .map(candidate -> incarnations(candidate.topology()))
                    .toList();
            List<Optional<Long>> leaders = candidates.stream()
                    .map(candidate -> candidate.topology().leader().map(Peer::incarnation))
                    .toList();
            boolean same = views.stream().allMatch(queue::equals)
                    && leaders.stream().allMatch(Optional.of(queue.isEmpty() ? 0L : queue.get(0))::equals);
            if (same) {
                bench.verified();
                return;
            }
            if (bench.since(from).compareTo(bound) > 0) {
                throw new RuleFailure("nothing changes any more, the store has candidates " + queue
                        + ", and the candidates see " + views + " and take for the leader " + leaders);
            }
            bench.pass(Duration.ofMillis(50));
        }
    }

    private static List<Long> incarnations(Topology topology) {
        return topology.peers().stream().map(Peer::incarnation).toList();
    }

    @Rule(
            value = "LDR-9",
            waits = true,
            check = "WAT-8: whether members that came and went during a break are reported as joined and left in pairs")
    void peersJoinAndLeaveInPairsOverABreak(Bench bench) {
        Node watching = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        LeaderRules.Peers peers = new LeaderRules.Peers(bench);
        LeaderElection watcher = LeaderRules.candidate(bench, watching);
        watcher.onPeerJoined(peers::joined).onPeerLeft(peers::left).start();
        LeaderRules.lead(bench, watching, watcher);
        for (int i = 1; i <= 2; i++) {
            int round = i;
            LeaderElection former = LeaderRules.candidate(bench, other).start();
            bench.verify(
                    bench.reach(() -> peers.count("+") >= 2 * round - 1, LONG),
                    () -> "a candidate has joined, and the listener received " + peers);
            if (round == 1) {
                watching.faults().breakConnections();
            } else {
                watching.faults().cutOff();
            }
            other.acts("close", former::close).end(LONG);
            LeaderElection next = LeaderRules.candidate(bench, other).start();
            watching.faults().heal();
            bench.verify(
                    bench.reach(() -> peers.count("+") >= 2 * round && peers.count("-") >= 2 * round - 1, LONG),
                    () -> "a candidate left and returned while a connection broke, and the listener received " + peers);
            other.acts("close", next::close).end(LONG);
            bench.verify(
                    bench.reach(() -> peers.count("-") >= 2 * round, LONG),
                    () -> "a candidate has left, and the listener received " + peers);
        }
        bench.right(peers.wrong());
    }

    @Rule(value = "LDR-12", waits = true, check = "OUT-7: whether a client works again once the network is whole")
    void aStartedElectionContinuesThroughOutages(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.breakable(bench, ttl).awaitSession();
        LeaderElection candidate = LeaderRules.candidate(bench, node);
        node.faults().cutOff();
        candidate.start();
        bench.verify(
                bench.reach(() -> candidate.lastError().isPresent(), LONG),
                () -> "a candidate cannot enrol, and lastError() is empty; its state is " + candidate.state());
        // Longer than its session lives.
        bench.pass(Node.gone(bench, ttl).plusSeconds(1));
        node.faults().heal();
        long from = bench.now();
        Leadership leadership = LeaderRules.lead(bench, node, candidate);
        bench.verify(leadership.isHeld(), () -> "a leadership that was just given is not held");
        bench.within(
                bench.guarantees().recovery().plus(ttl).plusSeconds(8),
                from,
                "a candidate that leads after an outage in which it was started");
        bench.verify(
                bench.reach(() -> candidate.lastError().isEmpty(), bench.patience()),
                () -> "a candidate leads, and lastError() is " + candidate.lastError());
    }

    @Rule(
            value = "LDR-12",
            waits = true,
            check = "whether a candidate enrols under its next session, and when its" + " entry was removed")
    void aStartedElectionOutlivesSessionsAndEntries(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.breakable(bench, ttl).awaitSession();
        Queues queue = Queues.ofElection(bench, NAME);
        LeaderElection candidate = LeaderRules.candidate(bench, node).start();
        Leadership leadership = LeaderRules.lead(bench, node, candidate);
        for (int i = 0; i < 2; i++) {
            Leadership before = leadership;
            node.faults().cutOff();
            bench.verify(
                    bench.reach(() -> before.lost().toCompletableFuture().isDone(), ttl.plus(TRIPS)),
                    () -> "a leader is cut off, and lost() is not complete");
            bench.verify(
                    bench.reach(() -> candidate.lastError().isPresent(), ttl.plus(TRIPS)),
                    () -> "a candidate has lost its session and cannot reach the store, and lastError() is empty;"
                            + " its state is " + candidate.state());
            bench.pass(Node.gone(bench, ttl));
            node.faults().heal();
            leadership = requireAnotherTerm(bench, node, candidate, before, "after its session had ended");
        }
        Leadership before = leadership;
        queue.of(before.fencingToken()).ifPresent(queue::remove);
        bench.verify(
                bench.reach(() -> before.lost().toCompletableFuture().isDone(), ttl.plus(TRIPS)),
                () -> "the entry of a leader was removed, and lost() is not complete");
        requireAnotherTerm(bench, node, candidate, before, "after its entry had been removed");
        bench.verify(
                bench.reach(() -> candidate.lastError().isEmpty(), bench.patience()),
                () -> "a candidate leads, and lastError() is " + candidate.lastError());
        node.run("close", candidate::close);
        bench.pass(ttl);
        bench.same("the candidates in the store, a ttl after the only one was closed", List.of(), queue.live());
    }

    private static Leadership requireAnotherTerm(
            Bench bench, Node node, LeaderElection candidate, Leadership before, String when) {
        Leadership after = LeaderRules.lead(bench, node, candidate);
        bench.verify(
                after.isHeld() && after.fencingToken() > before.fencingToken(),
                () -> "a candidate was to lead again " + when + ", and has a leadership with token "
                        + after.fencingToken() + ", after " + before.fencingToken() + "; isHeld() is "
                        + after.isHeld());
        return after;
    }
}
